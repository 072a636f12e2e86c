using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>
/// Stands between TLS and the MQTT server: knows whose connection it is, and caps the size of a packet by the length that its
/// header declares, before more than the header has to be kept. MQTTnet's adapter for Kestrel has no such cap: it would gather up
/// to 256 MiB.
/// </summary>
internal sealed class PacketGuard(GatewayCounters counters, LiveConnections live, DeviceCertificateRules rules, ILogger<PacketGuard> logger)
{
    /// <summary>Runs a connection through the guard.</summary>
    internal async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        X509Certificate2? certificate = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        if (!DeviceId.TryParse(certificate is null ? null : DistinguishedName.CommonName(certificate.SubjectName), out DeviceId device))
        {
            connection.Abort();
            return;
        }

        live.Add(device, connection);
        try
        {
            // It may have been revoked between its handshake and this moment; from here on it is found.
            if (!rules.MayConnect(device, DeviceCertificateRules.KeyDigestOf(certificate!)))
            {
                connection.Abort();
                return;
            }

            IDuplexPipe transport = connection.Transport;
            connection.Transport = new GuardedPipe(
                new PacketCapReader(transport.Input, fault => Refuse(connection, fault)), transport.Output);
            await next(connection);
        }
        finally
        {
            live.Remove(device, connection);
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
