using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using System.Buffers;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>A TLS connection to the gateway that sends whatever a test wants, packets or not.</summary>
internal sealed class RawMqtt : IAsyncDisposable
{
    private readonly TcpClient _tcp = new();
    private SslStream? _secured;
    private readonly MqttPacketFormatterAdapter _formatter = new(MqttProtocolVersion.V500, new MqttBufferWriter(4096, 65535));

    private Stream Stream => _secured is null ? _tcp.GetStream() : _secured;

    /// <summary>Opens a connection that has shown a device's certificate.</summary>
    internal static async Task<RawMqtt> OpenAsync(RunningControlPlane controlPlane, string device = "edge-1")
    {
        FakeIdentity identity = await controlPlane.IdentityOfAsync(device);
        RawMqtt raw = await OpenPlainAsync(controlPlane);
        raw._secured = new SslStream(raw._tcp.GetStream());
        await raw._secured.AuthenticateAsClientAsync(TestTls.Options(controlPlane.Fleet, identity.Certificate, SslProtocols.Tls13)).Within("handshake");
        return raw;
    }

    /// <summary>Opens a connection without TLS.</summary>
    internal static async Task<RawMqtt> OpenPlainAsync(RunningControlPlane controlPlane)
    {
        RawMqtt raw = new();
        await raw._tcp.ConnectAsync(controlPlane.Mqtt);
        return raw;
    }

    /// <summary>Opens a connection and takes it through CONNECT and CONNACK.</summary>
    internal static async Task<RawMqtt> ConnectAsync(RunningControlPlane controlPlane, string id)
    {
        RawMqtt raw = await OpenAsync(controlPlane, id);
        await raw.SendAsync(new MqttConnectPacket { ClientId = id, CleanSession = true, KeepAlivePeriod = 60 });
        byte[] header = new byte[2];
        await raw.Stream.ReadExactlyAsync(header).AsTask().Within("CONNACK");
        Assert.Equal(0x20, header[0]);
        await raw.Stream.ReadExactlyAsync(new byte[header[1]]).AsTask().Within("rest of CONNACK");
        return raw;
    }

    internal Task SendAsync(MqttPacket packet)
    {
        MqttPacketBuffer buffer = _formatter.Encode(packet);
        return SendAsync([.. buffer.Packet, .. buffer.Payload.ToArray()]);
    }

    internal async Task SendAsync(byte[] bytes) => await Stream.WriteAsync(bytes);

    /// <summary>Waits for the gateway to end the connection, whatever it sends before.</summary>
    internal async Task<bool> IsClosedAsync()
    {
        byte[] buffer = new byte[256];
        try
        {
            while (await Stream.ReadAsync(buffer).AsTask().Within("end of a raw connection") > 0)
            {
            }
        }
        catch (IOException)
        {
            // A reset is an end too.
        }

        return true;
    }

    public ValueTask DisposeAsync()
    {
        _secured?.Dispose();
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }
}
