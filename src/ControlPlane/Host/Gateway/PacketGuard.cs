using System.IO.Pipelines;
using MicroVm.ControlPlane.Host.Configuration;
using Microsoft.AspNetCore.Connections;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>
/// Stands between the socket and the MQTT server: caps the number of connections, and the size of a packet by the length
/// that its header declares, before more than the header has to be kept. MQTTnet's adapter for Kestrel has no such cap: it
/// would gather up to 256 MiB for whoever connects.
/// </summary>
internal sealed class PacketGuard(GatewayCounters counters, ControlPlaneOptions options, ILogger<PacketGuard> logger)
{
    /// <summary>Runs a connection through the guard.</summary>
    internal async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (!counters.TryOpen(options.MaxDeviceConnections))
        {
            GatewayLog.OverCap(logger, connection.RemoteEndPoint, options.MaxDeviceConnections);
            connection.Abort();
            return;
        }

        try
        {
            IDuplexPipe transport = connection.Transport;
            connection.Transport = new GuardedPipe(
                new PacketCapReader(transport.Input, fault => Refuse(connection, fault)), transport.Output);
            await next(connection);
        }
        finally
        {
            counters.Close();
        }
    }

    private void Refuse(ConnectionContext connection, PacketFault fault)
    {
        if (fault == PacketFault.Oversized)
        {
            counters.PacketOversized();
        }
        else
        {
            counters.PacketMalformed();
        }

        GatewayLog.BadPacket(logger, connection.RemoteEndPoint, fault);
    }

    private sealed class GuardedPipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;

        public PipeWriter Output { get; } = output;
    }
}
