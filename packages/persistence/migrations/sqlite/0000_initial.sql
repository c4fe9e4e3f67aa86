CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `audits` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`trigger` text NOT NULL,
	`state` text NOT NULL,
	`requested_at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	`examined` text NOT NULL,
	`counts` text NOT NULL,
	`money` text NOT NULL,
	`digests` text NOT NULL,
	`amounts` text NOT NULL,
	`since` text,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `audits_page` ON `audits` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `audits_queued` ON `audits` (`id`) WHERE "audits"."state" = 'queued';--> statement-breakpoint
CREATE INDEX `audits_done` ON `audits` (`tenant_id`,`trigger`,`id`) WHERE "audits"."state" = 'done';--> statement-breakpoint
CREATE TABLE `audit_figures` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`sums` text NOT NULL,
	`budgets` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `background_watches` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connector` text NOT NULL,
	`provider` text NOT NULL,
	`institution_id` text NOT NULL,
	`expected_at` integer NOT NULL,
	`due_at` integer,
	`look_since` integer,
	`misses` integer NOT NULL,
	`late_since` integer,
	`stale_since` integer
);
--> statement-breakpoint
CREATE INDEX `background_watches_due` ON `background_watches` (`due_at`,`id`) WHERE "background_watches"."due_at" is not null;--> statement-breakpoint
CREATE INDEX `background_watches_look` ON `background_watches` (`connector`,`provider`,`tenant_id`,`look_since`,`id`) WHERE "background_watches"."look_since" is not null;--> statement-breakpoint
CREATE INDEX `background_watches_feed` ON `background_watches` (`tenant_id`,`connector`,`provider`,`institution_id`);--> statement-breakpoint
CREATE TABLE `breakers` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connector` text NOT NULL,
	`provider` text NOT NULL,
	`scope` text NOT NULL,
	`scope_key` text NOT NULL,
	`ends` text NOT NULL,
	`opened` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `budget_alerts` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`budget` text NOT NULL,
	`provider` text,
	`currency` text NOT NULL,
	`period_start` integer NOT NULL,
	`period_end` integer NOT NULL,
	`threshold` real NOT NULL,
	`amount_micros` integer NOT NULL,
	`used_micros` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `budget_alerts_period` ON `budget_alerts` (`tenant_id`,`period_end`,`period_start`);--> statement-breakpoint
CREATE TABLE `budget_counters` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`provider` text,
	`currency` text NOT NULL,
	`period_start` integer NOT NULL,
	`period_end` integer NOT NULL,
	`reserved_micros` integer NOT NULL,
	`charged_micros` integer NOT NULL,
	`uncertain_micros` integer NOT NULL,
	`shadow` text,
	`alerted` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `budget_counters_period` ON `budget_counters` (`tenant_id`,`period_end`,`period_start`);--> statement-breakpoint
CREATE TABLE `chain_checkpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connection_id` text NOT NULL,
	`chain` text NOT NULL,
	`sequence` integer NOT NULL,
	`link` text NOT NULL,
	`made_at` integer NOT NULL,
	`seal` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `chain_checkpoints_scan` ON `chain_checkpoints` (`tenant_id`,`chain`,`connection_id`);--> statement-breakpoint
CREATE TABLE `chain_heads` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`decision_sequence` integer NOT NULL,
	`decision_link` text NOT NULL,
	`ledger_entry_sequence` integer NOT NULL,
	`ledger_entry_link` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `chain_heads_scan` ON `chain_heads` (`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `closures` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connector` text NOT NULL,
	`provider` text NOT NULL,
	`scope` text NOT NULL,
	`scope_key` text NOT NULL,
	`kind` text NOT NULL,
	`until` integer,
	`probe` text,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `closures_key` ON `closures` (`tenant_id`,`provider`,`scope_key`);--> statement-breakpoint
CREATE INDEX `closures_scope` ON `closures` (`tenant_id`,`scope`,`id`);--> statement-breakpoint
CREATE TABLE `connections` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`external_id` text NOT NULL,
	`connector` text NOT NULL,
	`provider` text NOT NULL,
	`customer_id` text NOT NULL,
	`institution_id` text NOT NULL,
	`provider_connection_id` text,
	`login_fingerprint` text,
	`group_key` text NOT NULL,
	`active` integer NOT NULL,
	`status` text NOT NULL,
	`status_reason` text,
	`status_told_at` integer,
	`products` text NOT NULL,
	`optional_products` text NOT NULL,
	`freshness` text NOT NULL,
	`last_success_at` integer,
	`last_attempt_at` integer,
	`last_forced_at` integer,
	`last_background_at` integer,
	`stale_at` integer,
	`consecutive_failures` integer NOT NULL,
	`historical_loaded` integer NOT NULL,
	`consent_expires_at` integer,
	`connected_at` integer NOT NULL,
	`credentials` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connections_identity` ON `connections` (`tenant_id`,`connector`,`external_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `connections_one_active` ON `connections` (`tenant_id`,`group_key`) WHERE "connections"."active" and "connections"."status" <> 'DELETED';--> statement-breakpoint
CREATE INDEX `connections_group` ON `connections` (`tenant_id`,`group_key`,`id`);--> statement-breakpoint
CREATE INDEX `connections_living` ON `connections` (`tenant_id`,`group_key`,`id`,`active`) WHERE "connections"."status" <> 'DELETED';--> statement-breakpoint
CREATE INDEX `connections_page` ON `connections` (`tenant_id`,`id`,`status`,`provider`,`stale_at`);--> statement-breakpoint
CREATE INDEX `connections_customer` ON `connections` (`tenant_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE INDEX `connections_provider_id` ON `connections` (`provider_connection_id`,`tenant_id`,`connector`,`id`) WHERE "connections"."provider_connection_id" is not null;--> statement-breakpoint
CREATE INDEX `connections_consent` ON `connections` (`consent_expires_at`,`id`) WHERE "connections"."consent_expires_at" is not null and "connections"."active" and "connections"."status" in ('ACTIVE', 'PARTIALLY_ACTIVE', 'DEGRADED', 'UNDETERMINED');--> statement-breakpoint
CREATE INDEX `connections_connecting` ON `connections` (`connected_at`) WHERE "connections"."status" = 'IN_PROGRESS';--> statement-breakpoint
CREATE TABLE `connection_rates` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`group_key` text NOT NULL,
	`provider` text NOT NULL,
	`changes` text NOT NULL,
	`reads` text NOT NULL,
	`told` text NOT NULL,
	`words` text NOT NULL,
	`forced` text NOT NULL,
	`told_at` integer,
	`changes_per_day` text NOT NULL,
	`reads_per_day` real NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `decisions` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connection_id` text NOT NULL,
	`verdict` text NOT NULL,
	`task_id` text,
	`policy_version` text NOT NULL,
	`decision` text NOT NULL,
	`request` text NOT NULL,
	`facts` text,
	`decided_at` integer NOT NULL,
	`sequence` integer NOT NULL,
	`previous` text NOT NULL,
	`link` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_page` ON `decisions` (`tenant_id`,`id`,`verdict`,`decided_at`);--> statement-breakpoint
CREATE INDEX `decisions_connection` ON `decisions` (`tenant_id`,`connection_id`,`id`,`verdict`,`decided_at`);--> statement-breakpoint
CREATE TABLE `feeds` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connector` text NOT NULL,
	`provider` text NOT NULL,
	`scope` text NOT NULL,
	`scope_key` text NOT NULL,
	`outcomes` text NOT NULL,
	`needed` integer NOT NULL,
	`silent_since` integer,
	`ended_at` integer,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `feeds_silent` ON `feeds` (`tenant_id`,`id`) WHERE "feeds"."silent_since" is not null;--> statement-breakpoint
CREATE INDEX `feeds_silent_counts` ON `feeds` (`connector`,`provider`,`scope`) WHERE "feeds"."silent_since" is not null;--> statement-breakpoint
CREATE TABLE `findings` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`audit_id` text NOT NULL,
	`check` text NOT NULL,
	`key` text NOT NULL,
	`severity` text NOT NULL,
	`connection_id` text,
	`summary` text NOT NULL,
	`action` text NOT NULL,
	`money` text,
	`evidence` text NOT NULL,
	`at` integer NOT NULL,
	`first_seen_at` integer NOT NULL,
	`repaired_at` integer
);
--> statement-breakpoint
CREATE INDEX `findings_page` ON `findings` (`tenant_id`,`audit_id`,`id`,`check`,`severity`);--> statement-breakpoint
CREATE INDEX `findings_key` ON `findings` (`audit_id`,`check`,`key`);--> statement-breakpoint
CREATE TABLE `idempotency_records` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`fingerprint` text NOT NULL,
	`decision_id` text NOT NULL,
	`task` text,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `idempotency_records_expiry` ON `idempotency_records` (`expires_at`);--> statement-breakpoint
CREATE TABLE `invoices` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connector` text NOT NULL,
	`provider` text,
	`currency` text NOT NULL,
	`from` integer NOT NULL,
	`until` integer NOT NULL,
	`time_zone` text NOT NULL,
	`columns` text NOT NULL,
	`names_by` text NOT NULL,
	`tolerance_ms` integer NOT NULL,
	`hash` text NOT NULL,
	`line_count` integer NOT NULL,
	`left_out` integer NOT NULL,
	`total_micros` integer NOT NULL,
	`state` text NOT NULL,
	`imported_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `invoices_page` ON `invoices` (`tenant_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `invoices_file` ON `invoices` (`tenant_id`,`hash`);--> statement-breakpoint
CREATE TABLE `invoice_lines` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`invoice_id` text NOT NULL,
	`line` integer NOT NULL,
	`unit` text NOT NULL,
	`at` integer NOT NULL,
	`until` integer NOT NULL,
	`connection` text,
	`job` text,
	`product` text,
	`products` text NOT NULL,
	`micros` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `invoice_lines_unit` ON `invoice_lines` (`invoice_id`,`tenant_id`,`unit`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `invoice_lines_scan` ON `invoice_lines` (`invoice_id`,`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `job_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`job` text NOT NULL,
	`due_at` integer,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`did` integer,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `job_runs_page` ON `job_runs` (`job`,`id`);--> statement-breakpoint
CREATE INDEX `job_runs_start` ON `job_runs` (`started_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `job_runs_due` ON `job_runs` (`job`,`due_at`) WHERE "job_runs"."due_at" is not null;--> statement-breakpoint
CREATE TABLE `kept_sweeps` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`planned_at` integer NOT NULL,
	`until` integer NOT NULL,
	`policy_version` text NOT NULL,
	`connections` integer NOT NULL,
	`prices` text NOT NULL,
	`rules` text NOT NULL,
	`forecast` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `ledger_entries` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connection_id` text NOT NULL,
	`connector` text NOT NULL,
	`provider` text NOT NULL,
	`task_id` text,
	`pull_id` text NOT NULL,
	`kind` text NOT NULL,
	`micros` integer NOT NULL,
	`currency` text NOT NULL,
	`cause` text NOT NULL,
	`at` integer NOT NULL,
	`sequence` integer NOT NULL,
	`previous` text NOT NULL,
	`link` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `ledger_entries_pull` ON `ledger_entries` (`pull_id`,`id`,`kind`,`currency`);--> statement-breakpoint
CREATE INDEX `ledger_entries_task` ON `ledger_entries` (`task_id`,`id`);--> statement-breakpoint
CREATE INDEX `ledger_entries_connection` ON `ledger_entries` (`tenant_id`,`connection_id`,`id`);--> statement-breakpoint
CREATE INDEX `ledger_entries_time` ON `ledger_entries` (`tenant_id`,`at`,`provider`,`currency`,`kind`,`micros`,`pull_id`);--> statement-breakpoint
CREATE TABLE `limit_demands` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`provider` text NOT NULL,
	`limit` text NOT NULL,
	`per_window` real NOT NULL,
	`worth` real NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `policy_archives` (
	`id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `posting_profiles` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`provider` text NOT NULL,
	`hours` text NOT NULL,
	`intervals` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pulls` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connector` text NOT NULL,
	`provider` text NOT NULL,
	`connection_id` text NOT NULL,
	`group_key` text NOT NULL,
	`customer_id` text NOT NULL,
	`institution_id` text NOT NULL,
	`task_id` text,
	`origin` text NOT NULL,
	`attended` integer NOT NULL,
	`products` text NOT NULL,
	`state` text NOT NULL,
	`at` integer NOT NULL,
	`sent_at` integer,
	`ended_at` integer,
	`since_at` integer,
	`new_data` integer,
	`presence` text,
	`presence_until` integer
);
--> statement-breakpoint
CREATE INDEX `pulls_group` ON `pulls` (`tenant_id`,`group_key`,`at`,`state`,`origin`,`attended`,`connection_id`);--> statement-breakpoint
CREATE INDEX `pulls_customer` ON `pulls` (`tenant_id`,`customer_id`,`provider`,`at`,`state`,`origin`,`attended`,`institution_id`);--> statement-breakpoint
CREATE INDEX `pulls_institution` ON `pulls` (`tenant_id`,`provider`,`institution_id`,`at`,`state`,`origin`,`attended`);--> statement-breakpoint
CREATE INDEX `pulls_account` ON `pulls` (`tenant_id`,`provider`,`connector`,`at`,`state`,`origin`,`attended`);--> statement-breakpoint
CREATE INDEX `pulls_reserved` ON `pulls` (`tenant_id`,`at`,`group_key`,`connection_id`,`customer_id`,`institution_id`,`provider`,`connector`) WHERE "pulls"."state" = 'reserved';--> statement-breakpoint
CREATE INDEX `pulls_forced` ON `pulls` (`tenant_id`,`at`,`provider`,`state`,`id`) WHERE "pulls"."origin" = 'forced';--> statement-breakpoint
CREATE TABLE `pull_plans` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`next_pull_at` integer NOT NULL,
	`every_ms` integer NOT NULL,
	`last_pull_at` integer,
	`held` text
);
--> statement-breakpoint
CREATE INDEX `pull_plans_due` ON `pull_plans` (`next_pull_at`,`id`);--> statement-breakpoint
CREATE INDEX `pull_plans_scan` ON `pull_plans` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `pull_plans_tenant` ON `pull_plans` (`tenant_id`,`next_pull_at`,`id`);--> statement-breakpoint
CREATE INDEX `pull_plans_age` ON `pull_plans` (`tenant_id`,`last_pull_at`,`id`) WHERE "pull_plans"."last_pull_at" is not null;--> statement-breakpoint
CREATE TABLE `repairs` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`audit_id` text NOT NULL,
	`finding_id` text NOT NULL,
	`check` text NOT NULL,
	`what` text NOT NULL,
	`before` text NOT NULL,
	`after` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `repairs_page` ON `repairs` (`tenant_id`,`audit_id`,`id`);--> statement-breakpoint
CREATE TABLE `settings` (
	`id` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `status_changes` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connection_id` text NOT NULL,
	`event` text NOT NULL,
	`from_status` text,
	`from_reason` text,
	`to_status` text NOT NULL,
	`to_reason` text,
	`cause` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `status_changes_connection` ON `status_changes` (`tenant_id`,`connection_id`,`id`);--> statement-breakpoint
CREATE TABLE `status_looks` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`since` integer NOT NULL,
	`due_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `status_looks_due` ON `status_looks` (`due_at`,`id`);--> statement-breakpoint
CREATE TABLE `tasks` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connection_id` text NOT NULL,
	`group_key` text NOT NULL,
	`decision_id` text NOT NULL,
	`connector` text NOT NULL,
	`provider` text NOT NULL,
	`state` text NOT NULL,
	`executor` text NOT NULL,
	`products` text NOT NULL,
	`attended` integer NOT NULL,
	`from` integer,
	`to` integer,
	`attempts` integer NOT NULL,
	`pull_id` text NOT NULL,
	`provider_task_id` text,
	`new_data` integer,
	`error` text,
	`cost` text,
	`charge` text NOT NULL,
	`queued_at` integer NOT NULL,
	`wanted_from` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	`due_at` integer,
	`polls` integer NOT NULL,
	`give_up_at` integer,
	`lease_owner` text,
	`lease_until` integer,
	`fence` integer NOT NULL,
	`tries` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_one_open` ON `tasks` (`tenant_id`,`group_key`) WHERE "tasks"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX `tasks_page` ON `tasks` (`tenant_id`,`id`,`state`,`executor`);--> statement-breakpoint
CREATE INDEX `tasks_connection` ON `tasks` (`tenant_id`,`connection_id`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_open` ON `tasks` (`tenant_id`,`id`) WHERE "tasks"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX `tasks_due` ON `tasks` (`due_at`,`id`,`lease_until`) WHERE "tasks"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX `tasks_lane` ON `tasks` (`connector`,`provider`,`tenant_id`,`due_at`,`id`,`lease_until`) WHERE "tasks"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX `tasks_leased` ON `tasks` (`lease_until`) WHERE "tasks"."lease_until" is not null;--> statement-breakpoint
CREATE INDEX `tasks_provider_task` ON `tasks` (`tenant_id`,`connector`,`provider_task_id`,`id`) WHERE "tasks"."provider_task_id" is not null;--> statement-breakpoint
CREATE TABLE `token_renewals` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`state` text NOT NULL,
	`lease` text,
	`lease_until` integer,
	`lost` integer NOT NULL,
	`not_before` integer,
	`lent_for` text,
	`renewed_for` text,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`connector` text NOT NULL,
	`event_key` text NOT NULL,
	`body` text NOT NULL,
	`state` text NOT NULL,
	`error` text,
	`attempts` integer NOT NULL,
	`received_at` integer NOT NULL,
	`due_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhooks_event` ON `webhooks` (`tenant_id`,`connector`,`event_key`);--> statement-breakpoint
CREATE INDEX `webhooks_due` ON `webhooks` (`due_at`,`id`) WHERE "webhooks"."due_at" is not null;