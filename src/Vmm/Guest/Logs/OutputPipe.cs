using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Logs;

/// <summary>One output stream of the workload: a pipe whose reading end becomes log lines.</summary>
internal sealed class OutputPipe
{
    private const int ChunkBytes = 16 << 10;

    // Both pipes are read on one thread, one after the other.
    private static readonly byte[] s_chunk = new byte[ChunkBytes];

    private readonly LineSplitter _lines;
    private readonly string _name;
    private bool _atEnd;

    internal OutputPipe(LogStream stream, LogBuffer buffer)
    {
        _name = stream == LogStream.Stdout ? "stdout" : "stderr";
        _lines = new LineSplitter(text => buffer.Add(Clock.UnixNs(), stream, text));
        (ReadEnd, WriteEnd) = Pipes.Make(_name);
    }

    /// <summary>Non-blocking.</summary>
    internal int ReadEnd { get; }

    /// <summary>For the workload; closed here once it has it.</summary>
    internal int WriteEnd { get; }

    /// <summary>Takes one chunk.</summary>
    /// <returns>False when the pipe is at its end; the reading end is then to be closed.</returns>
    internal bool ReadChunk() => Take() != 0;

    /// <summary>Takes all that is in the pipe now, and the line that has no end.</summary>
    internal void Drain()
    {
        while (!_atEnd && Take() > 0)
        {
        }

        _lines.Flush();
    }

    private int Take()
    {
        int count = Fd.Read(ReadEnd, s_chunk, _name);
        if (count > 0)
        {
            _lines.Push(s_chunk.AsSpan(0, count));
        }
        else if (count == 0)
        {
            _atEnd = true;
            _lines.Flush();
        }

        return count;
    }
}
