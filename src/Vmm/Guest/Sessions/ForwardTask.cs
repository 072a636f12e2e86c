using System.Runtime.InteropServices;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;

namespace MicroVm.Vmm.Guest.Sessions;

/// <summary>
/// One connection to a TCP port of the guest's loopback, over IPv4 or, where nothing answers there, IPv6. Each direction ends by
/// itself; the session does when both have.
/// </summary>
internal sealed class ForwardTask : ISessionTask
{
    private readonly EventLoop _loop;
    private readonly SessionConnection _connection;
    private readonly int _port;
    private SessionStream? _stream;
    private int _connecting = -1;
    private bool _triedIpV6;
    private bool _outputEndSaid;
    private bool _inputEnds;
    private bool _inputEnded;

    internal ForwardTask(EventLoop loop, SessionConnection connection, int port)
    {
        _loop = loop;
        _connection = connection;
        _port = port;
        Connect(overIpV6: false);
    }

    public bool TakesFrames => _stream is { IsFull: false };

    public bool IsOver { get; private set; }

    public long Due => long.MaxValue;

    public void Take(SessionFrame frame)
    {
        if (frame.Kind == SessionFrameKind.Input && !_inputEnds)
        {
            _stream?.Write(frame.Content.Span);
        }
        else if (frame.Kind == SessionFrameKind.InputEnd)
        {
            _inputEnds = true;
        }

        Settle();
    }

    public void Resume() => _stream?.UpdateInterest();

    public void Abandon()
    {
        IsOver = true;
        _stream?.Close();
        if (_connecting >= 0)
        {
            _loop.Close(_connecting);
            _connecting = -1;
        }
    }

    public void ServeDeadline(long now)
    {
        // Never due.
    }

    public bool TakeEnd(int pid, int exitCode) => false;

    private void Connect(bool overIpV6)
    {
        _triedIpV6 = overIpV6;
        int fd = LoopbackAddress.Connect(overIpV6, _port);
        if (fd < 0)
        {
            TryNext(-fd);
            return;
        }

        _connecting = fd;
        _loop.Watch(fd, EventLoop.Out, _ => TakeOutcome());
    }

    private void TakeOutcome()
    {
        int fd = _connecting;
        _connecting = -1;
        int error = LoopbackAddress.Outcome(fd);
        if (error != 0)
        {
            _loop.Close(fd);
            TryNext(error);
            return;
        }

        _loop.Forget(fd);
        _connection.Send(SessionFrameKind.Opened);
        _stream = new SessionStream(_loop, fd, _connection, SessionFrameKind.Output, Settle);
        _connection.TakeFrames();
    }

    private void TryNext(int errno)
    {
        if (!_triedIpV6)
        {
            Connect(overIpV6: true);
            return;
        }

        Finish($"port {_port}: expected something that listens in the guest, found none: {Marshal.GetPInvokeErrorMessage(errno)}");
    }

    /// <summary>Something moved: says what ended, and ends when both directions have.</summary>
    private void Settle()
    {
        if (IsOver || _stream is not SessionStream stream)
        {
            return;
        }

        if (_inputEnds && !_inputEnded && !stream.IsFull)
        {
            _inputEnded = true;
            stream.ShutdownWriting();
        }

        if (stream.ReadError != 0)
        {
            Finish($"port {_port}: {Marshal.GetPInvokeErrorMessage(stream.ReadError)}");
            return;
        }

        if (stream.IsAtEnd && !_outputEndSaid)
        {
            _outputEndSaid = true;
            _connection.Send(SessionFrameKind.OutputEnd);
        }

        if (stream.IsAtEnd && (_inputEnded || stream.IsBroken))
        {
            Finish("");
            return;
        }

        _connection.TakeFrames();
    }

    private void Finish(string fault)
    {
        IsOver = true;
        _stream?.Close();
        _connection.Finish(0, fault);
    }
}
