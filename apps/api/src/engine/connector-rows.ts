/** The connectors of this build as data: their settings, what they can do, how they are called where nobody says. */
export {
  builtConnectors,
  capabilitiesWhenConfigured,
  connectorDescriptions,
  DEFAULT_TRANSPORT,
  type BuiltConnector,
  type ConnectorsConfig,
  type GivenValue,
  type SettingRow,
} from '@freshet/connectors';
