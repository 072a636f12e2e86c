using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Sessions;

/// <summary>
/// One accepted connection. Output is taken while nothing waits to be sent, so that at most one chunk and a few short frames do;
/// nothing is received while the task cannot take frames.
/// </summary>
internal sealed unsafe class SessionConnection
{
    /// <summary>Most bytes of output in one frame.</summary>
    internal const int ChunkBytes = 16 << 10;

    private const int HeaderBytes = SessionFrame.LengthBytes + 1;
    private const int NoSignal = 0x4000;

    // One frame of output, header first; every session is served on one thread, one after the other.
    private static readonly byte[] s_frame = new byte[HeaderBytes + ChunkBytes];

    private readonly EventLoop _loop;
    private readonly Func<SessionConnection, SessionOpen, ISessionTask?> _open;
    private readonly SessionFrameReader _frames = new();
    private byte[] _waiting = [];
    private int _fd;
    private int _waitingStart;
    private bool _finished;
    private bool _taking;

    /// <summary>Serves <paramref name="fd"/>, a non-blocking stream socket that it closes. The first frame goes to <paramref name="open"/>, whose task gets the others.</summary>
    internal SessionConnection(EventLoop loop, int fd, long openDue, Func<SessionConnection, SessionOpen, ISessionTask?> open)
    {
        _loop = loop;
        _fd = fd;
        _open = open;
        OpenDue = openDue;
        loop.Watch(fd, EventLoop.In | EventLoop.PeerClosed, OnReady);
    }

    /// <summary>By when the first frame has to be there, by <see cref="Environment.TickCount64"/>.</summary>
    internal long OpenDue { get; private set; }

    /// <summary>What the session does; null before its first frame and when that was refused.</summary>
    internal ISessionTask? Task { get; private set; }

    /// <summary>Whether more output is to be given.</summary>
    internal bool CanSend => _fd >= 0 && !_finished && _waitingStart == _waiting.Length;

    /// <summary>Closed, and nothing is left of the task.</summary>
    internal bool IsOver => _fd < 0 && Task is null or { IsOver: true };

    /// <summary>Where the content goes that <see cref="SendContent"/> sends.</summary>
    internal static Span<byte> ContentRoom => s_frame.AsSpan(HeaderBytes);

    /// <summary>Sends the first bytes of <see cref="ContentRoom"/> as one frame.</summary>
    internal void SendContent(SessionFrameKind kind, int count)
    {
        BinaryPrimitives.WriteInt32BigEndian(s_frame, 1 + count);
        s_frame[SessionFrame.LengthBytes] = (byte)kind;
        Send(s_frame.AsSpan(0, HeaderBytes + count));
    }

    /// <summary>Sends a short frame.</summary>
    internal void Send(SessionFrameKind kind, byte[]? content = null) => Send(new SessionFrame(kind, content).EncodeWithLength());

    /// <summary>Says the end and closes as soon as that is sent.</summary>
    internal void Finish(int exitCode, string fault)
    {
        if (_fd < 0 || _finished)
        {
            return;
        }

        Send(SessionFrameKind.Closed, new SessionClosed(exitCode, fault).Encode());
        _finished = true;
        if (_waitingStart == _waiting.Length)
        {
            Close();
        }
        else
        {
            UpdateInterest();
        }
    }

    /// <summary>The task takes frames again: those that came meanwhile, then new ones.</summary>
    internal void TakeFrames()
    {
        if (_taking)
        {
            return;
        }

        _taking = true;
        try
        {
            while (_fd >= 0 && !_finished && Task is null or { TakesFrames: true } && _frames.TryTake(out SessionFrame frame))
            {
                TakeFrame(frame);
            }
        }
        catch (WireFormatException e)
        {
            Finish(WorkloadException.NotStarted, e.Message);
            Task?.Abandon();
        }
        finally
        {
            _taking = false;
        }

        UpdateInterest();
    }

    private void TakeFrame(SessionFrame frame)
    {
        if (Task is not null)
        {
            Task.Take(frame);
            return;
        }

        OpenDue = long.MaxValue;
        if (frame.Kind != SessionFrameKind.Open)
        {
            throw new WireFormatException($"session: expected it to begin with an opening, found a frame of kind {(int)frame.Kind}");
        }

        Task = _open(this, SessionOpen.Decode(frame.Content));
    }

    private void OnReady(uint events)
    {
        if (_waitingStart < _waiting.Length)
        {
            SendWaiting();
            if (CanSend)
            {
                Task?.Resume();
            }
        }

        if (_fd < 0 || (events & ~EventLoop.Out) == 0)
        {
            return;
        }

        if (_finished || Task is { TakesFrames: false })
        {
            // Nothing is to be read: what is seen is the other side's end.
            Drop();
            return;
        }

        Receive();
    }

    private void Receive()
    {
        Span<byte> room = _frames.Room();
        nint count;
        // SAFETY: the kernel writes at most room.Length bytes into the pinned span.
        fixed (byte* start = room)
        {
            count = Libc.recv(_fd, start, (nuint)room.Length, 0);
        }

        if (count > 0)
        {
            _frames.Commit((int)count);
            TakeFrames();
        }
        else if (count == 0 || Marshal.GetLastPInvokeError() is not (Errno.TryAgain or Errno.Interrupted))
        {
            Drop();
        }
    }

    private void Send(ReadOnlySpan<byte> frame)
    {
        if (_fd < 0 || _finished)
        {
            return;
        }

        int sent = _waitingStart < _waiting.Length ? 0 : SendNow(frame);
        if (sent >= 0 && sent < frame.Length)
        {
            _waiting = [.. _waiting.AsSpan(_waitingStart), .. frame[sent..]];
            _waitingStart = 0;
            UpdateInterest();
        }
    }

    private void SendWaiting()
    {
        int sent = SendNow(_waiting.AsSpan(_waitingStart));
        if (sent < 0)
        {
            return;
        }

        _waitingStart += sent;
        if (_waitingStart == _waiting.Length)
        {
            _waiting = [];
            _waitingStart = 0;
            if (_finished)
            {
                Close();
                return;
            }
        }

        UpdateInterest();
    }

    /// <summary>Sends what the socket takes; -1 when the connection is gone.</summary>
    private int SendNow(ReadOnlySpan<byte> bytes)
    {
        nint count;
        // SAFETY: the kernel reads at most bytes.Length bytes of the pinned span.
        fixed (byte* start = bytes)
        {
            count = Libc.send(_fd, start, (nuint)bytes.Length, NoSignal);
        }

        if (count >= 0)
        {
            return (int)count;
        }

        if (Marshal.GetLastPInvokeError() is Errno.TryAgain or Errno.Interrupted)
        {
            return 0;
        }

        Drop();
        return -1;
    }

    private void UpdateInterest()
    {
        if (_fd >= 0)
        {
            bool reads = !_finished && Task is null or { TakesFrames: true };
            bool sends = _waitingStart < _waiting.Length;
            // Once all was said, a side that only stopped sending may still take the rest.
            _loop.Change(_fd, (_finished ? 0 : EventLoop.PeerClosed) | (reads ? EventLoop.In : 0) | (sends ? EventLoop.Out : 0));
        }
    }

    /// <summary>The other side is gone, or stopped making sense.</summary>
    internal void Drop()
    {
        if (_fd >= 0)
        {
            Close();
            Task?.Abandon();
        }
    }

    private void Close()
    {
        _loop.Close(_fd);
        _fd = -1;
        OpenDue = long.MaxValue;
        _waiting = [];
        _waitingStart = 0;
    }
}
