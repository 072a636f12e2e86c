using System.Text;

namespace MicroVm.Vmm.Diagnostics;

/// <summary>Builds one UTF-8 log line in a caller's buffer; what does not fit is cut.</summary>
internal ref struct LogLine(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _length;

    /// <summary>The line with its line feed.</summary>
    internal ReadOnlySpan<byte> Finish()
    {
        _length = Math.Min(_length, _buffer.Length - 1);
        _buffer[_length++] = (byte)'\n';
        return _buffer[.._length];
    }

    /// <summary>Appends text on one line: control characters become spaces, since messages may carry names a guest or a file chose.</summary>
    internal void Append(ReadOnlySpan<char> text)
    {
        Encoding.UTF8.TryGetBytes(text, _buffer[_length..], out int written);
        if (written == 0 && text.Length > 0)
        {
            // Too long as a whole: one character per byte as far as it goes.
            while (written < text.Length && _length + written < _buffer.Length)
            {
                _buffer[_length + written] = text[written] < 0x80 ? (byte)text[written] : (byte)'?';
                written++;
            }
        }

        foreach (ref byte value in _buffer.Slice(_length, written))
        {
            value = value < 0x20 ? (byte)' ' : value;
        }

        _length += written;
    }

    /// <summary>Appends the time as 2026-01-31T23:59:59.123456700.</summary>
    internal void AppendTime(DateTime utc)
    {
        AppendNumber(utc.Year, 4, '-');
        AppendNumber(utc.Month, 2, '-');
        AppendNumber(utc.Day, 2, 'T');
        AppendNumber(utc.Hour, 2, ':');
        AppendNumber(utc.Minute, 2, ':');
        AppendNumber(utc.Second, 2, '.');
        AppendNumber(utc.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick, 9, ' ');
    }

    private void AppendNumber(long value, int digits, char separator)
    {
        for (int i = digits - 1; i >= 0; i--)
        {
            _buffer[_length + i] = (byte)('0' + (value % 10));
            value /= 10;
        }

        _length += digits;
        _buffer[_length++] = (byte)separator;
    }
}
