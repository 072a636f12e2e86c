using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Sessions;
using MicroVm.Vmm.Guest.Workload;
using GuestLoop = MicroVm.Vmm.Guest.Supervision.EventLoop;

namespace MicroVm.Vmm.Tests.Guest;

/// <summary>The other side of a session server: real programs and terminals behind a Unix socket, everything on the test's thread.</summary>
internal sealed class SessionPeer : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private readonly GuestLoop _loop;
    private readonly TestLauncher _launcher;
    private readonly Socket _socket;
    private readonly MemoryStream _received = new();
    private int _taken;

    /// <summary>A server with a workload, and one connection to it.</summary>
    internal SessionPeer(ProcessSpec? workload = null)
    {
        _loop = new GuestLoop();
        _launcher = new TestLauncher();
        Server = new SessionServer(_loop, _launcher);
        Server.Allow(new GuestConfig(workload ?? Workload(), "guest", 5));
        _socket = Connect();
    }

    private SessionPeer(SessionPeer first)
    {
        _loop = first._loop;
        _launcher = first._launcher;
        Server = first.Server;
        _socket = Connect();
    }

    internal SessionServer Server { get; }

    /// <summary>Every program that was started.</summary>
    internal IReadOnlyList<int> Pids => _launcher.Pids;

    /// <summary>What came, in order.</summary>
    internal List<SessionFrame> Frames { get; } = [];

    /// <summary>Output that came, as text.</summary>
    internal string Output => Text(SessionFrameKind.Output);

    internal string Errors => Text(SessionFrameKind.ErrorOutput);

    internal SessionClosed? Closed => Frames is [.., { Kind: SessionFrameKind.Closed } last] ? SessionClosed.Decode(last.Content) : null;

    internal static ProcessSpec Workload(string user = "") =>
        new(["workload"], new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["NAME"] = "workload" }, "/tmp", user);

    internal static SessionOpen Shell(string script, bool terminal = false) =>
        new() { Kind = SessionKind.Exec, Command = ["sh", "-c", script], Terminal = terminal };

    /// <summary>Another connection to the same server.</summary>
    internal SessionPeer Another() => new(this);

    internal void Open(SessionOpen open) => Send(SessionFrameKind.Open, open.Encode());

    internal void Send(SessionFrameKind kind, params byte[] content) => SendRaw(new SessionFrame(kind, content).EncodeWithLength());

    internal void SendText(string text) => Send(SessionFrameKind.Input, Encoding.UTF8.GetBytes(text));

    /// <summary>Sends bytes, serving the other side meanwhile.</summary>
    internal void SendRaw(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[TrySend(bytes)..];
            if (bytes.Length > 0)
            {
                Serve();
            }
        }
    }

    /// <summary>Sends what the socket takes now.</summary>
    internal int TrySend(ReadOnlyMemory<byte> bytes)
    {
        int sent = _socket.Send(bytes.Span, SocketFlags.None, out SocketError error);
        return error == SocketError.Success ? sent : 0;
    }

    /// <summary>Serves until something holds.</summary>
    internal void Until(Func<bool> holds, string what, bool receiving = true)
    {
        long began = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.False(receiving && Closed is not null, $"expected {what}; came: {Describe()} {Closed}");
            Assert.True(Stopwatch.GetElapsedTime(began) < s_longest, $"expected {what}; came: {Describe()}");
            Serve();
            if (receiving)
            {
                Receive();
            }
        }
    }

    internal SessionClosed UntilClosed()
    {
        Until(() => Closed is not null, "the session to close");
        return Closed!;
    }

    /// <summary>The connection goes away without a word.</summary>
    internal void Vanish() => _socket.Dispose();

    internal void Serve()
    {
        _loop.ServeOne(10);
        _launcher.TakeEnded(Server.TakeEnd);
        Server.ServeDeadlines(Environment.TickCount64);
    }

    public void Dispose()
    {
        _socket.Dispose();
        foreach (int pid in _launcher.Running)
        {
            ProcessGroup.Signal(pid, 9);
        }

        Until(() => Server.Count == 0, "every session to be over", receiving: false);
    }

    private Socket Connect()
    {
        string path = Path.Combine(Path.GetTempPath(), $"microvm-session-{Guid.NewGuid():N}");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        socket.Blocking = false;
        Socket accepted = listener.Accept();
        int fd = (int)accepted.SafeHandle.DangerousGetHandle();
        accepted.SafeHandle.SetHandleAsInvalid();
        File.Delete(path);
        Pipes.DoNotBlock(fd, "session");
        Server.Adopt(fd);
        return socket;
    }

    private void Receive()
    {
        byte[] chunk = new byte[64 << 10];
        for (int count; (count = _socket.Receive(chunk, 0, chunk.Length, SocketFlags.None, out SocketError error)) > 0 && error == SocketError.Success;)
        {
            _received.Write(chunk, 0, count);
        }

        ReadOnlyMemory<byte> bytes = _received.GetBuffer().AsMemory(0, (int)_received.Length);
        while (bytes.Length - _taken >= SessionFrame.LengthBytes)
        {
            int end = _taken + SessionFrame.LengthBytes + SessionFrame.ReadLength(bytes.Span[_taken..]);
            if (end > bytes.Length)
            {
                return;
            }

            Frames.Add(SessionFrame.Decode(bytes[(_taken + SessionFrame.LengthBytes)..end].ToArray()));
            _taken = end;
        }
    }

    private string Text(SessionFrameKind kind) =>
        Encoding.UTF8.GetString([.. Frames.Where(frame => frame.Kind == kind).SelectMany(static frame => frame.Content.ToArray())]);

    private string Describe() => string.Join(", ", Frames.Select(static frame => $"{frame.Kind}({frame.Content.Length})").TakeLast(20))
        + $"; output '{Output[..Math.Min(Output.Length, 500)]}' errors '{Errors}'";
}
