using System.Net;
using System.Net.Sockets;
using MQTTnet.Channel;

namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>Opens the TCP connection of the MQTT client behind a <see cref="CappedStream"/>.</summary>
internal sealed class CappedStreamProvider(int maximumPacketBytes) : IMqttClientStreamProvider
{
    /// <inheritdoc/>
    public async Task<Stream> ConnectAsync(EndPoint brokerEndPoint, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(brokerEndPoint, cancellationToken);
            return new CappedStream(new NetworkStream(socket, ownsSocket: true), maximumPacketBytes);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
