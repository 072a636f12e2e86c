using System.Buffers.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Vitals;

/// <summary>Numbers in files of proc(5).</summary>
internal static class ProcText
{
    // What is looked for is in the first part of such files, or they are shorter.
    private static readonly byte[] s_text = new byte[8 << 10];

    /// <summary>The file's text, good until the next call; empty when it is not there.</summary>
    internal static ReadOnlySpan<byte> Read(string path)
    {
        int fd = Libc.open(path, Fd.ReadOnly | Fd.CloseOnExec, 0);
        if (fd < 0)
        {
            return [];
        }

        int length = 0;
        for (int count; length < s_text.Length && (count = Fd.Read(fd, s_text.AsSpan(length), path)) > 0;)
        {
            length += count;
        }

        _ = Libc.close(fd);
        return s_text.AsSpan(0, length);
    }

    /// <summary>The number behind a name at the beginning of a line; 0 when there is none.</summary>
    internal static ulong Number(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        while (text.Length > 0)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            if (line.StartsWith(name) && Utf8Parser.TryParse(line[name.Length..].TrimStart((byte)' '), out ulong value, out _))
            {
                return value;
            }

            text = end < 0 ? [] : text[(end + 1)..];
        }

        return 0;
    }

    /// <summary>Thousandths of the number with two places at the beginning, as in <c>/proc/loadavg</c>.</summary>
    internal static int Permille(ReadOnlySpan<byte> text)
    {
        int dot = text.IndexOf((byte)'.');
        return dot > 0 && text.Length >= dot + 3
            && Utf8Parser.TryParse(text[..dot], out int whole, out _) && Utf8Parser.TryParse(text.Slice(dot + 1, 2), out int hundredths, out _)
            ? (1000 * whole) + (10 * hundredths)
            : 0;
    }
}
