namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary>One stream: its names, its socket on the host, and both directions' credit (virtio 1.2 section 5.10.6.3). Loop thread only.</summary>
internal sealed class VsockConnection(int slot, int fd)
{
    /// <summary>Longest CONNECT line with its line feed.</summary>
    internal const int MaxLineBytes = 32;

    private byte[]? _line;
    private int _lineLength;

    /// <summary>Place in the table.</summary>
    internal int Slot { get; } = slot;

    /// <summary>The host's socket; -1 after it was closed.</summary>
    internal int Fd { get; set; } = fd;

    /// <summary>Where it is in its life.</summary>
    internal VsockConnectionState State { get; set; }

    /// <summary>Port on the host's side.</summary>
    internal uint HostPort { get; set; }

    /// <summary>Port on the guest's side.</summary>
    internal uint GuestPort { get; set; }

    /// <summary>What waits for a receive buffer.</summary>
    internal PendingPackets Pending { get; set; }

    /// <summary>epoll bits asked for at present.</summary>
    internal uint Interest { get; set; }

    /// <summary>The socket is not watched any more: its peer hung up, which level-triggered epoll would report without end.</summary>
    internal bool IsHungUp { get; set; }

    /// <summary>The host sent everything it had; the guest has been or is being told.</summary>
    internal bool HostFinished { get; set; }

    /// <summary>The guest will send no more.</summary>
    internal bool GuestFinished { get; set; }

    /// <summary>The guest wants nothing more.</summary>
    internal bool GuestDeaf { get; set; }

    /// <summary>Bytes from the guest that its peer has not taken.</summary>
    internal VsockTxBuffer TxBuffer { get; } = new();

    /// <summary>Bytes passed on to the host, modulo 2^32: the guest's credit is counted from here.</summary>
    internal uint ForwardedToHost { get; set; }

    /// <summary>What the guest was told last about <see cref="ForwardedToHost"/>.</summary>
    internal uint ForwardedTold { get; set; }

    /// <summary>Bytes sent to the guest, modulo 2^32.</summary>
    internal uint SentToGuest { get; set; }

    /// <summary>The guest's buffer size, as it claims.</summary>
    internal uint GuestBufferAllocation { get; set; }

    /// <summary>Bytes the guest's reader has taken, as it claims.</summary>
    internal uint GuestForwardCount { get; set; }

    /// <summary>The guest was asked for credit and has not sent any yet.</summary>
    internal bool CreditRequested { get; set; }

    /// <summary>Bytes that may be sent to the guest. Whatever it claims, the result is bounded by what it allows, and 0 when that makes no sense.</summary>
    internal uint GuestCredit
    {
        get
        {
            uint inFlight = unchecked(SentToGuest - GuestForwardCount);
            return inFlight < GuestBufferAllocation ? GuestBufferAllocation - inFlight : 0;
        }
    }

    /// <summary>The guest used so much of its credit that it should hear of the space freed since.</summary>
    internal bool OwesCredit => unchecked(ForwardedToHost - ForwardedTold) >= VsockTxBuffer.CapacityBytes / 2;

    /// <summary>Names a connection in the table.</summary>
    internal static ulong KeyOf(uint hostPort, uint guestPort) => ((ulong)hostPort << 32) | guestPort;

    /// <summary>Adds bytes of the CONNECT line; false when it grows too long.</summary>
    internal bool TryAppendLine(ReadOnlySpan<byte> bytes)
    {
        _line ??= new byte[MaxLineBytes];
        if (bytes.Length > MaxLineBytes - _lineLength)
        {
            return false;
        }

        bytes.CopyTo(_line.AsSpan(_lineLength));
        _lineLength += bytes.Length;
        return true;
    }

    /// <summary>Gives the CONNECT line so far and forgets it.</summary>
    internal ReadOnlySpan<byte> TakeLine()
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, _lineLength);
        _line = null;
        return line;
    }
}
