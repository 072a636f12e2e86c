using System.Runtime.InteropServices;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Faults;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;

namespace MicroVm.Vmm.Guest.Channel;

/// <summary>
/// The one connection to the agent (<see cref="GuestChannel"/>), made again for as long as the guest lives. A connection that
/// fails in any way is closed and everything unacknowledged is said again on the next.
/// </summary>
internal sealed unsafe class AgentConnection(EventLoop loop, Outbox outbox, Action<GuestMessage> onMessage)
{
    private const int FamilyVsock = 40;
    private const int TypeStream = 1;
    private const uint HostCid = 2;
    private const int SocketLevel = 1;
    private const int SocketError = 4;
    private const int NoSignal = 0x4000;
    private const int ReceiveBytes = 4096;

    private readonly ReconnectBackoff _backoff = new();
    private FrameReader _frames = new();
    private int _fd = -1;
    private bool _connected;
    private bool _awaitingRoom;
    private byte[] _sending = [];
    private int _sent;

    /// <summary>When <see cref="Connect"/> is due, by <see cref="Environment.TickCount64"/>; <see cref="long.MaxValue"/> while there is a connection.</summary>
    internal long ConnectDue { get; private set; }

    /// <summary>Begins an attempt; its outcome comes as readiness of the socket.</summary>
    internal void Connect()
    {
        int fd = OsFaultException.Check(Libc.socket(FamilyVsock, TypeStream | Fd.NonBlock | Fd.CloseOnExec, 0), "socket", "AF_VSOCK");
        SockAddrVm address = new() { Family = FamilyVsock, Port = GuestChannel.Port, Cid = HostCid };
        ConnectDue = long.MaxValue;
        _fd = fd;
        loop.Watch(fd, EventLoop.Out, OnReady);
        // SAFETY: the kernel copies the structure during the call.
        if (Libc.connect(fd, &address, (uint)sizeof(SockAddrVm)) != 0 && Marshal.GetLastPInvokeError() != Errno.InProgress)
        {
            Drop();
        }
    }

    /// <summary>Sends what the outbox has, as far as the socket takes it.</summary>
    internal void Send()
    {
        if (!_connected)
        {
            return;
        }

        while (_sent < _sending.Length || TakeNextFrame())
        {
            nint count;
            // SAFETY: the kernel reads at most the rest of the pinned array.
            fixed (byte* start = _sending)
            {
                count = Libc.send(_fd, start + _sent, (nuint)(_sending.Length - _sent), NoSignal);
            }

            if (count < 0)
            {
                StopSending(Marshal.GetLastPInvokeError());
                return;
            }

            _sent += (int)count;
        }

        AwaitRoom(false);
    }

    private bool TakeNextFrame()
    {
        _sending = outbox.NextFrame() ?? [];
        _sent = 0;
        return _sending.Length > 0;
    }

    private void StopSending(int errno)
    {
        if (errno is Errno.TryAgain or Errno.Interrupted)
        {
            AwaitRoom(true);
            return;
        }

        Drop();
    }

    private void AwaitRoom(bool wanted)
    {
        if (_awaitingRoom != wanted)
        {
            _awaitingRoom = wanted;
            loop.Change(_fd, wanted ? EventLoop.In | EventLoop.Out : EventLoop.In);
        }
    }

    private void OnReady(uint events)
    {
        if (!_connected && !FinishConnect())
        {
            return;
        }

        if ((events & ~EventLoop.Out) != 0 && !Receive())
        {
            return;
        }

        Send();
    }

    private bool FinishConnect()
    {
        int error = 0;
        uint length = sizeof(int);
        // SAFETY: the kernel writes one int.
        _ = Libc.getsockopt(_fd, SocketLevel, SocketError, &error, &length);
        if (error != 0)
        {
            Drop();
            return false;
        }

        _connected = true;
        _awaitingRoom = true;
        _frames = new FrameReader();
        outbox.Begin();
        return true;
    }

    /// <summary>Takes what came; false when the connection is gone.</summary>
    private bool Receive()
    {
        byte* chunk = stackalloc byte[ReceiveBytes];
        // SAFETY: the kernel writes at most the size of the buffer.
        nint count = Libc.recv(_fd, chunk, ReceiveBytes, 0);
        if (count <= 0)
        {
            bool nothingYet = count < 0 && Marshal.GetLastPInvokeError() is Errno.TryAgain or Errno.Interrupted;
            if (!nothingYet)
            {
                Drop();
            }

            return nothingYet;
        }

        try
        {
            _frames.Append(new ReadOnlySpan<byte>(chunk, (int)count));
            while (_frames.TryTake(out GuestMessage? message))
            {
                _backoff.Reset();
                onMessage(message!);
            }

            return true;
        }
        catch (WireFormatException e)
        {
            GuestConsole.WriteLine($"connection to the agent dropped: {e.Message}");
            Drop();
            return false;
        }
    }

    private void Drop()
    {
        loop.Close(_fd);
        _fd = -1;
        _connected = false;
        _sending = [];
        _sent = 0;
        ConnectDue = Environment.TickCount64 + _backoff.Next();
    }
}
