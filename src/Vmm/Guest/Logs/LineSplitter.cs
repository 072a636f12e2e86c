using System.Text;
using System.Text.Unicode;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.Vmm.Guest.Logs;

/// <summary>
/// Cuts a byte stream into lines of valid UTF-8 of at most <see cref="LogLine.MaxTextBytes"/>. The line's end (LF or CR LF) is
/// dropped, a longer line comes as several, cut between characters, and invalid bytes become U+FFFD.
/// </summary>
internal sealed class LineSplitter(Action<string> emit)
{
    private readonly byte[] _line = new byte[LogLine.MaxTextBytes];
    private int _length;

    /// <summary>Takes bytes and emits the lines that they complete.</summary>
    internal void Push(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int end = bytes.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
            Fill(part);
            if (end < 0)
            {
                return;
            }

            bool carriageReturn = _length > 0 && _line[_length - 1] == '\r';
            Emit(carriageReturn ? _length - 1 : _length);
            _length = 0;
            bytes = bytes[(end + 1)..];
        }
    }

    /// <summary>Emits the line that has no end yet.</summary>
    internal void Flush()
    {
        if (_length > 0)
        {
            Emit(_length);
            _length = 0;
        }
    }

    private void Fill(ReadOnlySpan<byte> part)
    {
        while (part.Length > 0)
        {
            if (_length == _line.Length)
            {
                CutFullLine();
            }

            int take = Math.Min(part.Length, _line.Length - _length);
            part[..take].CopyTo(_line.AsSpan(_length));
            _length += take;
            part = part[take..];
        }
    }

    private void CutFullLine()
    {
        int end = BoundaryBefore(_line);
        Emit(end);
        _line.AsSpan(end).CopyTo(_line);
        _length = _line.Length - end;
    }

    /// <summary>The length without a character that only begins at the end; the whole length where the end is not UTF-8.</summary>
    private static int BoundaryBefore(ReadOnlySpan<byte> text)
    {
        for (int back = 1; back <= 3; back++)
        {
            byte b = text[^back];
            if (b < 0x80)
            {
                break;
            }

            if (b >= 0xC0)
            {
                int expected = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
                return expected > back ? text.Length - back : text.Length;
            }
        }

        return text.Length;
    }

    private void Emit(int length)
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, length);
        string text = Encoding.UTF8.GetString(line);
        if (Utf8.IsValid(line))
        {
            emit(text);
            return;
        }

        EmitReplaced(text);
    }

    /// <summary>A replaced byte takes three: the text may have become too long.</summary>
    private void EmitReplaced(string text)
    {
        int start = 0;
        int bytes = 0;
        int index = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > LogLine.MaxTextBytes)
            {
                emit(text[start..index]);
                start = index;
                bytes = 0;
            }

            bytes += rune.Utf8SequenceLength;
            index += rune.Utf16SequenceLength;
        }

        emit(text[start..]);
    }
}
