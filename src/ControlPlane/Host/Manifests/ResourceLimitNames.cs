using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Limits of setrlimit(2), as OCI's runtime specification names them.</summary>
internal static class ResourceLimitNames
{
    internal static ImmutableArray<string> All { get; } =
    [
        "RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_LOCKS", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE",
        "RLIMIT_NICE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_RSS", "RLIMIT_RTPRIO", "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
    ];
}
