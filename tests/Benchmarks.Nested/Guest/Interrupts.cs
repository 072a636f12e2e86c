namespace MicroVm.Benchmarks.Nested.Guest;

/// <summary>Counts of /proc/interrupts.</summary>
internal static class Interrupts
{
    /// <summary>Interrupts of virtio devices since the boot, all processors together.</summary>
    internal static long OfVirtio()
    {
        long sum = 0;
        foreach (string line in File.ReadLines("/proc/interrupts"))
        {
            if (line.Contains("virtio", StringComparison.Ordinal))
            {
                // "  5:   1234   IO-APIC   5-edge   virtio0": the counts are the numbers behind the colon.
                foreach (string word in line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (!long.TryParse(word, out long count))
                    {
                        break;
                    }

                    sum += count;
                }
            }
        }

        return sum;
    }
}
