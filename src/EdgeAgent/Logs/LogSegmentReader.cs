using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Logs;

/// <summary>
/// Reads the records of one segment in order. It ends where the records do: at the limit, or at one that a power cut tore; what a
/// file says is not believed before its checksum was looked at.
/// </summary>
internal sealed class LogSegmentReader : IDisposable
{
    private const int BufferBytes = 16 << 10;

    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _begin, _end;

    /// <summary>Opens a segment.</summary>
    /// <exception cref="IOException">It cannot be read; it may have been deleted.</exception>
    internal LogSegmentReader(string path) =>
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Where the next record begins; up to here everything was good.</summary>
    internal long Position { get; private set; }

    /// <summary>Reads the next record, which is valid until the next call.</summary>
    /// <param name="limit">Bytes of the file that may be looked at.</param>
    /// <param name="record">The record.</param>
    /// <returns>False at the end of the good ones.</returns>
    internal bool TryRead(long limit, out LogRecord record)
    {
        record = default;
        if (Position == 0 && !TrySkipMagic(limit))
        {
            return false;
        }

        if (!TryHave(LogRecord.HeaderBytes, limit))
        {
            return false;
        }

        int length = LogRecord.ReadLength(_buffer.AsSpan(_begin));
        if (length == 0 || !TryHave(LogRecord.HeaderBytes + length, limit)
            || !LogRecord.TryRead(_buffer.AsSpan(_begin), _buffer.AsMemory(_begin + LogRecord.HeaderBytes, length), out record))
        {
            return false;
        }

        _begin += LogRecord.HeaderBytes + length;
        Position += LogRecord.HeaderBytes + length;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private bool TrySkipMagic(long limit)
    {
        if (!TryHave(LogSegment.Magic.Length, limit) || !_buffer.AsSpan(_begin).StartsWith(LogSegment.Magic))
        {
            return false;
        }

        _begin += LogSegment.Magic.Length;
        Position = LogSegment.Magic.Length;
        return true;
    }

    /// <summary>Sees to it that this many bytes are in the buffer; false when the file does not have them.</summary>
    private bool TryHave(int count, long limit)
    {
        if (Position + count > limit)
        {
            return false;
        }

        if (_end - _begin >= count)
        {
            return true;
        }

        _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
        (_begin, _end) = (0, _end - _begin);
        while (_end < count)
        {
            int read = RandomAccess.Read(_file, _buffer.AsSpan(_end), Position + _end);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }
}
