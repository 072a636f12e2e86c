using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads <c>spec.workload.volumes</c> and <c>spec.workload.tmpfs</c>.</summary>
internal static class VolumesReader
{
    private const string Workload = WorkloadReader.Path;
    private const int MaxVolumes = 16, MaxTmpfs = 16;

    /// <summary>The volumes; errors go to the reader.</summary>
    internal static IReadOnlyList<VolumeMount> Read(FieldReader reader, ManifestMap workload)
    {
        List<VolumeMount> volumes = [];
        foreach ((string path, ManifestNode node) in reader.List(workload, Workload, "volumes", MaxVolumes, "volumes"))
        {
            ManifestMap? map = reader.Map(path, node, "name", "size", "path", "readOnly");
            ResourceName? name = NameReader.Read(reader, map, path, "name");
            int? size = reader.Parsed<int>(map, path, "size", Quantities.VolumeRule, Quantities.VolumeMib, map is not null);
            string? at = ReadPath(reader, map, path, "path");
            bool readOnly = reader.Truth(map, path, "readOnly");
            if (name is ResourceName known && volumes.Exists(other => other.Name == known))
            {
                reader.Fail($"{path}.name", "a name that no other volume has", $"{known}");
            }

            if (name is not null && size is not null && at is not null)
            {
                volumes.Add(new VolumeMount(name.Value, size.Value, at, readOnly));
            }
        }

        return volumes;
    }

    /// <summary>The file systems in memory; errors go to the reader.</summary>
    internal static IReadOnlyList<TmpfsMount> ReadTmpfs(FieldReader reader, ManifestMap workload)
    {
        List<TmpfsMount> mounts = [];
        foreach ((string path, ManifestNode node) in reader.List(workload, Workload, "tmpfs", MaxTmpfs, "file systems"))
        {
            ManifestMap? map = reader.Map(path, node, "path", "size");
            int? size = reader.Parsed<int>(map, path, "size", Quantities.TmpfsRule, Quantities.TmpfsMib, map is not null);
            if (ReadPath(reader, map, path, "path") is string at && size is not null)
            {
                mounts.Add(new TmpfsMount(at, size.Value));
            }
        }

        return mounts;
    }

    /// <summary>A path where something is put into a guest; null when it is wrong.</summary>
    internal static string? ReadPath(FieldReader reader, ManifestMap? map, string path, string name)
    {
        const string Rule = GuestPath.Rule + ", and not /dev, nor in /proc or /sys, which the guest's kernel has";
        string? text = map is null ? null : reader.Text(map, path, name, Rule);
        if (text is null || (GuestPath.IsValid(text) && text != "/dev" && !IsIn(text, "/proc") && !IsIn(text, "/sys")))
        {
            return text;
        }

        reader.Fail($"{path}.{name}", Rule, text.Length == 0 ? "an empty text" : new ManifestText(text).Describe());
        return null;
    }

    private static bool IsIn(string path, string folder) => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
