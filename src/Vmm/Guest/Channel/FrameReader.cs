using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Faults;

namespace MicroVm.Vmm.Guest.Channel;

/// <summary>Cuts the channel's byte stream into frames. Memory grows with bytes that came, never with a declared length.</summary>
internal sealed class FrameReader
{
    private const int InitialBytes = 1024;

    private byte[] _buffer = new byte[InitialBytes];
    private int _length;

    /// <summary>Takes received bytes.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _length + bytes.Length));
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Takes the next whole message.</summary>
    /// <returns>False when more bytes are needed.</returns>
    /// <exception cref="WireFormatException">The length or the message is not one of the channel; the stream is of no more use.</exception>
    internal bool TryTake(out GuestMessage? message)
    {
        message = null;
        if (_length < GuestChannel.HeaderBytes)
        {
            return false;
        }

        int end = GuestChannel.HeaderBytes + GuestChannel.ReadLength(_buffer.AsSpan(0, GuestChannel.HeaderBytes));
        if (_length < end)
        {
            return false;
        }

        message = GuestMessage.Decode(_buffer.AsMemory(GuestChannel.HeaderBytes, end - GuestChannel.HeaderBytes));
        _length -= end;
        byte[] target = _length <= InitialBytes && _buffer.Length > InitialBytes ? new byte[InitialBytes] : _buffer;
        _buffer.AsSpan(end, _length).CopyTo(target);
        _buffer = target;
        return true;
    }
}
