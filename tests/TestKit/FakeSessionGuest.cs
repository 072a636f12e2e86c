using System.Net.Sockets;
using System.Text;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Sessions;

namespace MicroVm.TestKit;

/// <summary>A VM's vsock socket with an init behind it that takes sessions, as the test says.</summary>
public sealed class FakeSessionGuest : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Listens.</summary>
    public FakeSessionGuest(string path)
    {
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(16);
    }

    /// <summary>Path of the socket.</summary>
    public string Path { get; }

    /// <summary>The next connection, answered with these bytes; none closes it.</summary>
    public async Task<Socket> AcceptAsync(string answer = "OK 1073741824\n")
    {
        Socket socket = await _listener.AcceptAsync();
        string expected = $"CONNECT {SessionFrame.GuestPort}\n";
        byte[] request = new byte[expected.Length];
        await new NetworkStream(socket).ReadExactlyAsync(request);
        if (Encoding.ASCII.GetString(request) != expected)
        {
            throw new InvalidOperationException($"expected {expected}, found {Encoding.ASCII.GetString(request)}");
        }

        await socket.SendAsync(Encoding.ASCII.GetBytes(answer));
        if (answer.Length == 0)
        {
            socket.Dispose();
        }

        return socket;
    }

    /// <summary>The next session and what it is to be.</summary>
    public async Task<(SessionChannel Channel, SessionOpen Open)> TakeAsync()
    {
        StreamChannel channel = new(new NetworkStream(await AcceptAsync(), ownsSocket: true));
        SessionFrame frame = SessionFrame.Decode(await channel.ReceiveAsync(default));
        return (channel, SessionOpen.Decode(frame.Content));
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();
}
