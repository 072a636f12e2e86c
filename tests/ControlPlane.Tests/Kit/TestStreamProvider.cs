using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Host.Identity;
using MQTTnet.Channel;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Connects MQTT clients over TLS 1.3.</summary>
internal sealed class TestStreamProvider(Fleet fleet, X509Certificate2 certificate) : IMqttClientStreamProvider
{
    public async Task<Stream> ConnectAsync(EndPoint brokerEndPoint, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(brokerEndPoint, cancellationToken);
        SslStream secured = new(new NetworkStream(socket, ownsSocket: true));
        await secured.AuthenticateAsClientAsync(TestTls.Options(fleet, certificate, SslProtocols.Tls13), cancellationToken);
        return secured;
    }
}
