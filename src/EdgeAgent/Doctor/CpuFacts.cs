namespace MicroVm.EdgeAgent.Doctor;

/// <summary>What <c>/proc/cpuinfo</c> says of the processor.</summary>
/// <param name="Virtualisation">Its extension for guests, <c>vmx</c> or <c>svm</c>; null when it has none or it is switched off.</param>
/// <param name="IsVirtual">The host is itself a virtual machine.</param>
internal readonly record struct CpuFacts(string? Virtualisation, bool IsVirtual)
{
    /// <summary>Parses the file's text as x86 writes it. Other architectures have no such line: neither is known.</summary>
    internal static CpuFacts Parse(string text)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("flags", StringComparison.Ordinal))
            {
                string[] flags = line[(line.IndexOf(':') + 1)..].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return new CpuFacts(Array.Find(flags, static flag => flag is "vmx" or "svm"), flags.Contains("hypervisor"));
            }
        }

        return default;
    }
}
