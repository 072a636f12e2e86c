using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>
/// Puts a responder between the guest and its network: frames are copied once, in both directions, through buffers of this object, so
/// that what the responder looks at cannot change under it. Under the transport's lock and on the loop thread, but for
/// <see cref="Reset"/>, which comes from a vCPU thread.
/// </summary>
internal sealed unsafe class ResponderPort : IPacketSource, IEventSource, IDisposable
{
    /// <summary>Bytes by which a responder tells its frames: an Ethernet header and an ARP packet.</summary>
    internal const int StartBytes = 42;

    private readonly IFrameResponder _responder;
    private readonly EpollLoop _loop;
    private readonly Action _wake;
    private readonly TimerFd _timer = new();
    private readonly byte[] _packet;
    private bool _isArmed;

    /// <param name="responder">Who answers.</param>
    /// <param name="loop">Where the timer is watched.</param>
    /// <param name="wake">Called on the loop's thread when the responder may have a frame.</param>
    /// <exception cref="OsFaultException">The timer cannot be made.</exception>
    internal ResponderPort(IFrameResponder responder, EpollLoop loop, Action wake)
    {
        _responder = responder;
        _loop = loop;
        _wake = wake;
        _packet = new byte[NetHeader.SizeBytes + responder.MaxFrameBytes];
        try
        {
            loop.Add(_timer.Fd, EpollLoop.In, this, 0);
        }
        catch (OsFaultException)
        {
            _timer.Dispose();
            throw;
        }
    }

    /// <summary>True when there is a packet for the guest.</summary>
    internal bool HasPacket => _responder.HasFrame;

    /// <summary>Gives a packet of the guest, of at least an Ethernet header, to the responder; false when it is not for it.</summary>
    internal bool TryTake(ChainBuffers packet, uint length)
    {
        uint frameBytes = length - NetHeader.SizeBytes;
        Span<byte> start = stackalloc byte[StartBytes];
        start = start[..(int)Math.Min(frameBytes, StartBytes)];
        if (!packet.TryCopyFrom(NetHeader.SizeBytes, start) || !_responder.Takes(start))
        {
            return false;
        }

        Span<byte> frame = _packet.AsSpan(NetHeader.SizeBytes);
        frame = frame[..(int)Math.Min(frameBytes, (uint)frame.Length)];
        if (packet.TryCopyFrom(NetHeader.SizeBytes, frame))
        {
            _responder.Accept(frame);
        }

        return true;
    }

    public int Receive(ReadOnlySpan<IoVec> destination)
    {
        int frameBytes = _responder.Write(_packet.AsSpan(NetHeader.SizeBytes));
        if (frameBytes == 0)
        {
            return -Errno.Again;
        }

        // Nothing is left to the guest: no offload, and the checksums are there. The device fills in the number of buffers.
        _packet.AsSpan(0, NetHeader.SizeBytes).Clear();
        ReadOnlySpan<byte> rest = _packet.AsSpan(0, NetHeader.SizeBytes + frameBytes);
        int length = 0;
        foreach (ref readonly IoVec vector in destination)
        {
            int taken = (int)Math.Min((nuint)rest.Length, vector.Length);

            // SAFETY: every vector is device-writable guest RAM, proven when the chain was walked, or memory of the caller.
            rest[..taken].CopyTo(new Span<byte>(vector.Base, taken));
            rest = rest[taken..];
            length += taken;
        }

        return length;
    }

    /// <summary>Makes sure that the responder is asked again when it wants to be.</summary>
    internal void Watch()
    {
        if (!_isArmed && _responder.UntilFrame is { } wait)
        {
            _isArmed = true;
            _timer.Arm(wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>The timer expired.</summary>
    public void OnReady(uint events, uint token)
    {
        _timer.TryConsume();
        _isArmed = false;
        _wake();
    }

    /// <summary>The guest's driver begins anew.</summary>
    internal void Reset() => _responder.Reset();

    public void Dispose()
    {
        _loop.Remove(_timer.Fd);
        _timer.Dispose();
    }
}
