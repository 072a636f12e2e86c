using System.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Workload;

/// <summary>The pipe on which an <see cref="ExecStage"/> says why it could not become its program; it closes when it could.</summary>
internal sealed class StageStatus
{
    private const int LimitBytes = 4096;

    private byte[] _said = [];

    /// <summary>A new pipe; <see cref="WriteEnd"/> is for the stage.</summary>
    internal StageStatus() => (ReadEnd, WriteEnd) = Pipes.Make("status");

    /// <summary>Readable when <see cref="Read"/> has something to say.</summary>
    internal int ReadEnd { get; }

    /// <summary>For the stage; closed here once it has it.</summary>
    internal int WriteEnd { get; }

    /// <summary>Whether <see cref="Read"/> was told the end of the stage.</summary>
    internal bool IsKnown { get; private set; }

    /// <summary>Why the program was not started; null while that is not known to have happened.</summary>
    internal WorkloadException? Failure { get; private set; }

    /// <summary>Reads what the stage says.</summary>
    /// <returns>True when the stage is over: the program runs, or <see cref="Failure"/> says why it does not.</returns>
    internal bool Read()
    {
        Span<byte> chunk = stackalloc byte[LimitBytes];
        int count;
        while ((count = Fd.Read(ReadEnd, chunk, "status")) > 0)
        {
            _said = [.. _said, .. chunk[..Math.Min(count, LimitBytes - _said.Length)]];
        }

        if (count == Fd.WouldBlock)
        {
            return false;
        }

        IsKnown = true;
        if (_said.Length > 0)
        {
            Failure = new WorkloadException(_said[0], Encoding.UTF8.GetString(_said.AsSpan(1)));
        }

        return true;
    }
}
