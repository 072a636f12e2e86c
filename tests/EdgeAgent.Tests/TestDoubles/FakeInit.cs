using System.Net.Sockets;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>The guest's end of the channel, as the VMM connects it: a client of the agent's Unix socket.</summary>
internal sealed class FakeInit : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    internal FakeInit(string path) => _socket.Connect(new UnixDomainSocketEndPoint(path));

    /// <summary>Connects and says hello, as an init of an older agent unless told otherwise.</summary>
    internal static async Task<FakeInit> GreetAsync(
        string path, GuestState state = GuestState.AwaitingConfig, int version = GuestHello.OldestProtocolVersion)
    {
        FakeInit init = new(path);
        await init.SendAsync(new GuestHello(version, "test", state));
        return init;
    }

    internal Task SendAsync(GuestMessage message) => SendRawAsync(GuestChannel.Frame(message));

    internal Task SendLineAsync(ulong sequence, string text) =>
        SendAsync(new GuestLogLine(sequence, 10, LogStream.Stdout, text));

    internal async Task SendRawAsync(byte[] bytes) => await _socket.SendAsync(bytes);

    /// <summary>The next message; null at the end of the stream.</summary>
    internal async Task<GuestMessage?> ReceiveAsync(string phase)
    {
        byte[] header = new byte[GuestChannel.HeaderBytes];
        if (!await FillAsync(header, phase))
        {
            return null;
        }

        byte[] body = new byte[GuestChannel.ReadLength(header)];
        return await FillAsync(body, phase) ? GuestMessage.Decode(body) : null;
    }

    /// <summary>The next message, which is of one type.</summary>
    internal async Task<T> ReceiveAsync<T>(string phase)
        where T : GuestMessage => Assert.IsType<T>(await ReceiveAsync(phase));

    public void Dispose() => _socket.Dispose();

    private async Task<bool> FillAsync(Memory<byte> buffer, string phase)
    {
        while (!buffer.IsEmpty)
        {
            int count;
            try
            {
                count = await Phase.Of(phase, _socket.ReceiveAsync(buffer).AsTask());
            }
            catch (SocketException)
            {
                count = 0;
            }

            if (count == 0)
            {
                return false;
            }

            buffer = buffer[count..];
        }

        return true;
    }
}
