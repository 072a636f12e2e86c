namespace MicroVm.EdgeAgent.Diagnostics;

/// <summary>A number that only rises. Any thread may raise it.</summary>
internal sealed class Counter
{
    private long _value;

    /// <summary>The number now.</summary>
    internal long Value => Interlocked.Read(ref _value);

    /// <summary>Raises the number.</summary>
    internal void Increment(long by = 1) => Interlocked.Add(ref _value, by);
}
