using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.Vmm.Guest.Logs;

/// <summary>
/// Log lines that the agent has not acknowledged, as encoded frames, oldest first and without holes. When the capacity is
/// reached the oldest go, which the agent sees as a gap in the sequence.
/// </summary>
internal sealed class LogBuffer(int capacityBytes = LogBuffer.DefaultCapacityBytes)
{
    /// <summary>Most bytes of frames kept; an array's header per line comes on top.</summary>
    internal const int DefaultCapacityBytes = 512 << 10;

    // A ring: the line with sequence s is at s modulo the length, a power of two.
    private byte[]?[] _ring = new byte[]?[64];
    private int _bytes;

    /// <summary>Sequence of the oldest line kept; one more than <see cref="LastSequence"/> when none is kept.</summary>
    internal ulong FirstSequence { get; private set; } = 1;

    /// <summary>Sequence of the last line taken, 0 before the first.</summary>
    internal ulong LastSequence { get; private set; }

    /// <summary>Takes a line and gives it the next sequence.</summary>
    internal void Add(long atUnixNs, LogStream stream, string text)
    {
        byte[] frame = GuestChannel.Frame(new GuestLogLine(LastSequence + 1, atUnixNs, stream, text));
        if (LastSequence + 1 - FirstSequence == (ulong)_ring.Length)
        {
            Grow();
        }

        LastSequence++;
        _ring[SlotOf(LastSequence)] = frame;
        _bytes += frame.Length;
        while (_bytes > capacityBytes)
        {
            RemoveFirst();
        }
    }

    /// <summary>
    /// The oldest kept frame behind <paramref name="sequence"/>, which then becomes that frame's sequence; null when there is none.
    /// </summary>
    internal byte[]? TakeAfter(ref ulong sequence)
    {
        ulong next = Math.Max(sequence + 1, FirstSequence);
        if (next > LastSequence)
        {
            return null;
        }

        sequence = next;
        return _ring[SlotOf(next)];
    }

    /// <summary>Forgets the lines up to <paramref name="sequence"/>; one that was never given out forgets nothing.</summary>
    internal void Acknowledge(ulong sequence)
    {
        while (FirstSequence <= sequence && sequence <= LastSequence)
        {
            RemoveFirst();
        }
    }

    private int SlotOf(ulong sequence) => (int)(sequence & (ulong)(_ring.Length - 1));

    private void RemoveFirst()
    {
        int slot = SlotOf(FirstSequence++);
        _bytes -= _ring[slot]!.Length;
        _ring[slot] = null;
    }

    private void Grow()
    {
        byte[]?[] old = _ring;
        _ring = new byte[]?[2 * old.Length];
        for (ulong sequence = FirstSequence; sequence <= LastSequence; sequence++)
        {
            _ring[SlotOf(sequence)] = old[(int)(sequence & (ulong)(old.Length - 1))];
        }
    }
}
