using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;

namespace MicroVm.Vmm.Guest.Sessions;

/// <summary>Cuts a session's byte stream into frames. Memory grows with bytes that came, never with a declared length, to one frame of the longest.</summary>
internal sealed class SessionFrameReader
{
    /// <summary>Longest frame with its length and kind.</summary>
    internal const int MostBytes = SessionFrame.LengthBytes + 1 + SessionFrame.MaxContentBytes;

    private const int InitialBytes = 4096;

    private byte[] _buffer = new byte[InitialBytes];
    private int _start;
    private int _end;

    /// <summary>Where received bytes go; <see cref="Commit"/> says how many came. Takes the content of frames given out before.</summary>
    internal Span<byte> Room()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Min(2 * _buffer.Length, MostBytes));
        }

        return _buffer.AsSpan(_end);
    }

    /// <summary>So many bytes came.</summary>
    internal void Commit(int count) => _end += count;

    /// <summary>Takes the next whole frame, whose content is good until the next <see cref="Room"/>.</summary>
    /// <returns>False when more bytes are needed.</returns>
    /// <exception cref="WireFormatException">The length or the kind is none; the stream is of no more use.</exception>
    internal bool TryTake(out SessionFrame frame)
    {
        frame = default;
        ReadOnlyMemory<byte> bytes = _buffer.AsMemory(_start, _end - _start);
        if (bytes.Length < SessionFrame.LengthBytes)
        {
            return false;
        }

        int length = SessionFrame.ReadLength(bytes.Span[..SessionFrame.LengthBytes]);
        if (bytes.Length < SessionFrame.LengthBytes + length)
        {
            return false;
        }

        frame = SessionFrame.Decode(bytes.Slice(SessionFrame.LengthBytes, length));
        _start += SessionFrame.LengthBytes + length;
        return true;
    }
}
