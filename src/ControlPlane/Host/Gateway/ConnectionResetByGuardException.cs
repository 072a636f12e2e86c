namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>A connection is ended because of what its peer sent; seen by the MQTT server as any other broken connection.</summary>
internal sealed class ConnectionResetByGuardException(string message) : IOException(message);
