namespace MicroVm.EdgeAgent.Cgroups;

/// <summary>Where the kernel's control groups are mounted, from <c>/proc/self/mountinfo</c> (proc(5)).</summary>
/// <param name="Unified">Mount point of version 2; null when it is not mounted.</param>
/// <param name="Legacy">Mount points of version 1 by controller.</param>
internal sealed record CgroupMounts(string? Unified, IReadOnlyDictionary<string, string> Legacy)
{
    private const int MountPointField = 4;

    /// <summary>Reads the text; lines of another form are left out.</summary>
    internal static CgroupMounts Parse(string mountInfo)
    {
        string? unified = null;
        Dictionary<string, string> legacy = [];
        foreach (string line in mountInfo.Split('\n'))
        {
            // id parent device root mountPoint options ... - type source superOptions
            string[] sides = line.Split(" - ", 2);
            string[] fields = sides[0].Split(' ');
            string[] kind = sides.Length == 2 ? sides[1].Split(' ') : [];
            if (fields.Length <= MountPointField || kind.Length < 3)
            {
                continue;
            }

            string mountPoint = fields[MountPointField].Replace("\\040", " ", StringComparison.Ordinal);
            if (kind[0] == "cgroup2")
            {
                unified ??= mountPoint;
            }
            else if (kind[0] == "cgroup")
            {
                foreach (string controller in kind[2].Split(','))
                {
                    legacy.TryAdd(controller, mountPoint);
                }
            }
        }

        return new CgroupMounts(unified, legacy);
    }

    /// <summary>The cgroup of version 2 that a process is in, from <c>/proc/PID/cgroup</c>; the root when it does not say.</summary>
    internal static string OwnPath(string cgroupFile)
    {
        foreach (string line in cgroupFile.Split('\n'))
        {
            if (line.StartsWith("0::/", StringComparison.Ordinal))
            {
                return line[3..].Trim();
            }
        }

        return "/";
    }
}
