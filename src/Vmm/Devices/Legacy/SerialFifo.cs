namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>The bytes that wait for the guest: a ring of fixed size, so that input can never grow this process.</summary>
internal sealed class SerialFifo
{
    /// <summary>Bytes that fit.</summary>
    internal const int Capacity = 64;

    private readonly byte[] _ring = new byte[Capacity];
    private int _head;

    internal int Count { get; private set; }

    internal int Room => Capacity - Count;

    /// <summary>Adds a byte; false (and nothing added) when full.</summary>
    internal bool TryEnqueue(byte value)
    {
        if (Count == Capacity)
        {
            return false;
        }

        _ring[(_head + Count) % Capacity] = value;
        Count++;
        return true;
    }

    /// <summary>Takes the oldest byte; false when empty.</summary>
    internal bool TryDequeue(out byte value)
    {
        value = _ring[_head];
        if (Count == 0)
        {
            return false;
        }

        _head = (_head + 1) % Capacity;
        Count--;
        return true;
    }

    internal void Clear() => Count = 0;
}
