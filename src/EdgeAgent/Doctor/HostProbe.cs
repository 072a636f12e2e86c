using System.Runtime.InteropServices;
using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Programs;
using MicroVm.EdgeAgent.Telemetry;

namespace MicroVm.EdgeAgent.Doctor;

/// <summary>Looks at the host. Never throws: what cannot be seen is a fact as well.</summary>
internal sealed class HostProbe(ProcFileSystem proc, AgentOptions options, TimeProvider time)
{
    private const int NotImplemented = 38;
    // What networks' rules need beside nf_tables itself.
    private static readonly string[] s_expressions =
        ["nft_chain_nat", "nft_ct", "nft_fib_inet", "nft_masq", "nft_meta_bridge", "nft_nat", "nft_reject_inet"];

    private const ushort ElfX64 = 62, ElfArm64 = 183;

    /// <summary>One look, which takes a few milliseconds, or ten seconds where a guest hangs.</summary>
    internal HostFacts Look()
    {
        string release = Text("sys/kernel/osrelease").Trim();
        bool isArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        string directory = ExistingPartOf(options.DataDirectory);
        return new HostFacts
        {
            Architecture = RuntimeInformation.ProcessArchitecture switch
            {
                Architecture.X64 => "x86_64",
                Architecture.Arm64 => "aarch64",
                Architecture other => other.ToString(),
            },
            KernelRelease = release,
            PageSizeBytes = Environment.SystemPageSize,
            UserId = EffectiveUser(Text("self/status")),
            Cpu = CpuFacts.Parse(Text("cpuinfo")),
            Kvm = KvmProbe.Look(),
            Features = LookAtFeatures(KernelModules.Read(release)),
            CgroupControllers = LookAtCgroups(Text("self/mounts")),
            LegacyControllers = [.. CgroupMounts.Parse(Text("self/mountinfo")).Legacy.Keys],
            HasPressure = Text("pressure/memory").Length > 0,
            Files =
            [
                ProgramFile.LookAtExecutable("vmm", options.VmmPath, isArm64 ? ElfArm64 : ElfX64),
                ProgramFile.Look("guest-kernel", options.KernelPath),
                ProgramFile.Look("guest-initramfs", options.InitrdPath),
            ],
            Memory = MemoryInfo.Parse(Text("meminfo")),
            DataDirectory = directory,
            Disk = TrySpaceOf(directory),
            Now = time.GetUtcNow(),
            IsClockSynchronised = Libc.IsClockSynchronised(),
            HasEntropy = Libc.HasEntropy(),
            Programs = HostPrograms.Needed.ToDictionary(static name => name, HostPrograms.FindProgram),
        };
    }

    /// <summary>The second number of the line Uid of /proc/PID/status; root when there is none.</summary>
    internal static uint EffectiveUser(string status)
    {
        foreach (string line in status.Split('\n'))
        {
            if (line.StartsWith("Uid:", StringComparison.Ordinal))
            {
                string[] fields = line.Split('\t');
                return fields.Length > 2 && uint.TryParse(fields[2], out uint user) ? user : 0;
            }
        }

        return 0;
    }

    /// <summary>Where cgroup v2 is mounted, from the text of /proc/self/mounts; null when it is not.</summary>
    internal static string? CgroupMount(string mounts)
    {
        foreach (string line in mounts.Split('\n'))
        {
            string[] fields = line.Split(' ');
            if (fields.Length > 2 && fields[2] == "cgroup2")
            {
                return fields[1];
            }
        }

        return null;
    }

    private static IReadOnlyList<string>? LookAtCgroups(string mounts)
    {
        try
        {
            return CgroupMount(mounts) is string path
                ? File.ReadAllText(Path.Combine(path, "cgroup.controllers")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private Dictionary<KernelFeature, FeatureState> LookAtFeatures(KernelModules modules)
    {
        string fileSystems = Text("filesystems");
        return new Dictionary<KernelFeature, FeatureState>
        {
            [KernelFeature.IoUring] = Libc.TryIoUring() switch
            {
                0 => FeatureState.Present,
                NotImplemented => FeatureState.Missing,
                _ => FeatureState.Forbidden,
            },
            [KernelFeature.Seccomp] = Text("sys/kernel/seccomp/actions_avail").Contains("kill_process", StringComparison.Ordinal)
                ? FeatureState.Present
                : FeatureState.Missing,
            [KernelFeature.Squashfs] = Or(HasFileSystem(fileSystems, "squashfs"), modules, "squashfs"),
            [KernelFeature.Overlay] = Or(HasFileSystem(fileSystems, "overlay"), modules, "overlay"),
            [KernelFeature.Tun] = Or(Directory.Exists("/sys/class/misc/tun"), modules, "tun"),
            [KernelFeature.Nftables] = modules.StateOf("nf_tables"),
            [KernelFeature.Bridge] = Or(Directory.Exists("/proc/sys/net/bridge"), modules, "bridge"),
            [KernelFeature.RuleExpressions] = s_expressions.Select(modules.StateOf).Max(),
        };
    }

    private static bool HasFileSystem(string fileSystems, string name) =>
        Array.Exists(fileSystems.Split('\n'), line => line.EndsWith($"\t{name}", StringComparison.Ordinal));

    private static FeatureState Or(bool isThere, KernelModules modules, string module) =>
        isThere ? FeatureState.Present : modules.StateOf(module);

    private static string ExistingPartOf(string path)
    {
        while (!Directory.Exists(path) && Path.GetDirectoryName(path) is string parent)
        {
            path = parent;
        }

        return path;
    }

    private static FileSystemSpace? TrySpaceOf(string path)
    {
        try
        {
            return Libc.SpaceOf(path);
        }
        catch (OsFaultException)
        {
            return null;
        }
    }

    private string Text(string name) => proc.TryRead(name) ?? "";
}
