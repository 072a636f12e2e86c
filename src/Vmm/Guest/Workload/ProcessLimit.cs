using MicroVm.Shared.Contracts.Desired;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Workload;

/// <summary>One limit for setrlimit(2).</summary>
/// <param name="Resource">Number of <c>&lt;asm-generic/resource.h&gt;</c>, which x86_64 and aarch64 share.</param>
/// <param name="Soft">What holds; all ones is no limit.</param>
/// <param name="Hard">What it may be raised to.</param>
internal readonly record struct ProcessLimit(int Resource, ulong Soft, ulong Hard)
{
    private const string Prefix = "RLIMIT_";

    // By number.
    private static readonly string[] s_names =
    [
        "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO",
        "RTTIME",
    ];

    /// <summary>
    /// What init itself has, and so every process unless its specification says otherwise: files as container engines allow them, and as many
    /// processes as fit; the kernel would count the latter by memory, of which a microVM has little.
    /// </summary>
    internal static ProcessLimit[] OfInit { get; } =
        [new(Number("NOFILE"), 1024, 524_288), new(Number("NPROC"), ulong.MaxValue, ulong.MaxValue), new(Number("SIGPENDING"), 4096, 4096)];

    /// <summary>What a specification says.</summary>
    /// <exception cref="WorkloadException">A name is none.</exception>
    internal static IReadOnlyList<ProcessLimit> From(IReadOnlyList<ResourceLimit> limits)
    {
        List<ProcessLimit> all = [];
        foreach (ResourceLimit limit in limits)
        {
            int number = limit.Name.StartsWith(Prefix, StringComparison.Ordinal) ? Number(limit.Name[Prefix.Length..]) : -1;
            all.Add(number >= 0
                ? new ProcessLimit(number, limit.Soft, limit.Hard)
                : throw new WorkloadException(WorkloadException.NotStarted, $"limit '{limit.Name}': expected a name such as RLIMIT_NOFILE, found another"));
        }

        return all;
    }

    /// <summary>Sets it for this process.</summary>
    /// <exception cref="OsFaultException">It is refused.</exception>
    // SAFETY: the kernel copies the structure during the call.
    internal unsafe void Set()
    {
        ResourceRange range = new() { Soft = Soft, Hard = Hard };
        OsFaultException.Check(Libc.setrlimit(Resource, &range), "setrlimit", $"{s_names[Resource]} to {Soft}, at most {Hard}");
    }

    private static int Number(string name) => Array.IndexOf(s_names, name);
}
