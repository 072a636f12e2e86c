using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using MQTTnet.Channel;

namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>Opens the TLS connection of the MQTT client behind a <see cref="CappedStream"/>.</summary>
internal sealed class CappedStreamProvider(Func<SslClientAuthenticationOptions> tls, int maximumPacketBytes, Action<long> tooLarge) : IMqttClientStreamProvider
{
    /// <inheritdoc/>
    public async Task<Stream> ConnectAsync(EndPoint brokerEndPoint, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(brokerEndPoint, cancellationToken);
            SslStream secured = new(new NetworkStream(socket, ownsSocket: true));
            try
            {
                await secured.AuthenticateAsClientAsync(tls(), cancellationToken);
                return new CappedStream(secured, maximumPacketBytes, tooLarge);
            }
            catch
            {
                await secured.DisposeAsync();
                throw;
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
