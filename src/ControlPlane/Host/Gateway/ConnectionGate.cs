using MicroVm.ControlPlane.Host.Configuration;
using Microsoft.AspNetCore.Connections;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>
/// The first to see a connection, before TLS costs anything: caps how many there are, how many come in a second, and how many are
/// still in their handshake.
/// </summary>
internal sealed class ConnectionGate(GatewayCounters counters, ControlPlaneOptions options, TimeProvider time, ILogger<ConnectionGate> logger)
{
    private readonly TokenBucket _rate = new(options.MaxConnectsPerSecond, time);

    /// <summary>A certificate was refused in a handshake.</summary>
    internal void Refused(string reason)
    {
        counters.CertificateRefused();
        GatewayLog.CertificateRefused(logger, reason);
    }

    internal async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (!_rate.TryTake())
        {
            counters.ConnectionOverRate();
            connection.Abort();
            return;
        }

        if (!counters.TryOpen(options.MaxDeviceConnections))
        {
            GatewayLog.OverCap(logger, connection.RemoteEndPoint, options.MaxDeviceConnections);
            connection.Abort();
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            counters.Close();
        }
    }
}
