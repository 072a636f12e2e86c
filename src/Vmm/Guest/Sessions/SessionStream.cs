using System.Runtime.InteropServices;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;

namespace MicroVm.Vmm.Guest.Sessions;

/// <summary>
/// A non-blocking descriptor behind a session: a pipe of the program, its terminal, or a TCP connection. What it gives becomes
/// frames as long as the connection takes them; what is written waits here when it does not fit, and then nothing more is to be
/// written until it does.
/// </summary>
internal sealed unsafe class SessionStream
{
    private readonly EventLoop _loop;
    private readonly SessionConnection _connection;
    private readonly SessionFrameKind _outputKind;
    private readonly Action _onChange;
    private readonly int _fd;
    private byte[] _waiting = [];
    private int _waitingStart;
    private int _outputLeft = int.MaxValue;
    private bool _closed;

    /// <summary>Serves <paramref name="fd"/>, which it closes.</summary>
    /// <param name="loop">Where to wait.</param>
    /// <param name="fd">The descriptor.</param>
    /// <param name="connection">Where output goes.</param>
    /// <param name="outputKind">What output is; <see cref="SessionFrameKind.Input"/> for a descriptor that is only written.</param>
    /// <param name="onChange">Called when output ended or written bytes waited and now do not.</param>
    internal SessionStream(EventLoop loop, int fd, SessionConnection connection, SessionFrameKind outputKind, Action onChange)
    {
        _loop = loop;
        _fd = fd;
        _connection = connection;
        _outputKind = outputKind;
        _onChange = onChange;
        IsAtEnd = outputKind == SessionFrameKind.Input;
        loop.Watch(fd, 0, OnReady);
        UpdateInterest();
    }

    /// <summary>No more output.</summary>
    internal bool IsAtEnd { get; private set; }

    /// <summary>Nobody takes what is written any more: it is dropped.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Bytes wait to be written.</summary>
    internal bool IsFull => _waitingStart < _waiting.Length;

    /// <summary>Errno of a read that failed; 0 when none did.</summary>
    internal int ReadError { get; private set; }

    /// <summary>Writes; not to be called while <see cref="IsFull"/>.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        int written = WriteNow(bytes);
        if (written < bytes.Length && !IsBroken)
        {
            _waiting = bytes[written..].ToArray();
            _waitingStart = 0;
            UpdateInterest();
        }
    }

    /// <summary>Output goes on when the connection has room, and waits when it has none.</summary>
    internal void UpdateInterest()
    {
        if (!_closed)
        {
            bool reads = !IsAtEnd && _connection.CanSend;
            _loop.Change(_fd, (reads ? EventLoop.In : 0) | (IsFull ? EventLoop.Out : 0));
        }
    }

    /// <summary>The program ended: what is in the pipe now is the last of its output, whoever else has the pipe.</summary>
    internal void EndWithWhatIsThere()
    {
        int left = 0;
        // SAFETY: the kernel writes one int.
        _ = Libc.ioctl(_fd, TerminalRequests.BytesToRead, &left);
        _outputLeft = left;
        IsAtEnd |= left == 0;
    }

    /// <summary>Sends no more to the other side of a socket.</summary>
    internal void ShutdownWriting()
    {
        const int Write = 1;
        _ = Libc.shutdown(_fd, Write);
    }

    /// <summary>Closes; further calls do nothing.</summary>
    internal void Close()
    {
        if (!_closed)
        {
            _closed = true;
            IsAtEnd = true;
            IsBroken = true;
            _waiting = [];
            _waitingStart = 0;
            _loop.Close(_fd);
        }
    }

    private void OnReady(uint events)
    {
        bool wasFull = IsFull;
        if (wasFull)
        {
            _waitingStart += WriteNow(_waiting.AsSpan(_waitingStart));
            if (!IsFull || IsBroken)
            {
                _waiting = [];
                _waitingStart = 0;
            }
        }

        if ((events & ~EventLoop.Out) != 0 && !IsAtEnd && _connection.CanSend)
        {
            ReadChunk();
        }

        UpdateInterest();
        if (IsAtEnd || (wasFull && !IsFull))
        {
            _onChange();
        }
    }

    private void ReadChunk()
    {
        Span<byte> room = SessionConnection.ContentRoom;
        room = room[..Math.Min(room.Length, _outputLeft)];
        nint count;
        // SAFETY: the kernel writes at most room.Length bytes into the pinned span.
        fixed (byte* start = room)
        {
            count = Libc.read(_fd, start, (nuint)room.Length);
        }

        if (count > 0)
        {
            _connection.SendContent(_outputKind, (int)count);
            _outputLeft -= _outputLeft == int.MaxValue ? 0 : (int)count;
            IsAtEnd |= _outputLeft == 0;
            return;
        }

        int errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (errno is Errno.TryAgain or Errno.Interrupted)
        {
            return;
        }

        // A terminal that no program has open any more says EIO, which is an end like any other.
        ReadError = errno == Errno.InputOutput ? 0 : errno;
        IsAtEnd = true;
    }

    private int WriteNow(ReadOnlySpan<byte> bytes)
    {
        if (IsBroken || bytes.Length == 0)
        {
            return 0;
        }

        nint count;
        // SAFETY: the kernel reads at most bytes.Length bytes of the pinned span.
        fixed (byte* start = bytes)
        {
            count = Libc.write(_fd, start, (nuint)bytes.Length);
        }

        if (count < 0 && Marshal.GetLastPInvokeError() is not (Errno.TryAgain or Errno.Interrupted))
        {
            IsBroken = true;
        }

        return (int)Math.Max(0, count);
    }
}
