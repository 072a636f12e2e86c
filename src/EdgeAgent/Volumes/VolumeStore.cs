using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Programs;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Volumes;

/// <summary>
/// The device's volumes: a file with an ext4 file system each. A volume is there whole or not at all; it outlives its VM, grows
/// when its specification says so, and is deleted only by <see cref="TryDelete"/>.
/// </summary>
internal sealed class VolumeStore(string directory, IPrograms programs, ILogger logger) : IDisposable
{
    private const string Suffix = ".ext4", Unfinished = ".new";
    private const ulong Mib = 1 << 20;

    /// <summary>Disk that volumes leave for everything else.</summary>
    private const ulong ReserveBytes = 64 * Mib;

    /// <summary>e2fsck(8): 0 is a sound file system, 1 one that was mended.</summary>
    private const int Mended = 1;

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Directory of all volumes.</summary>
    internal string Root => directory;

    /// <summary>Makes, grows and checks the volumes of a VM that does not run.</summary>
    /// <returns>Their files, in the order of the specification.</returns>
    /// <exception cref="VolumeFaultException">One of them cannot be had as it should be.</exception>
    internal async Task<IReadOnlyList<string>> PrepareAsync(VmSpec spec)
    {
        if (spec.Volumes.Count == 0)
        {
            return [];
        }

        try
        {
            List<string> paths = [];
            foreach (VolumeMount volume in spec.Volumes)
            {
                string path = PathOf(spec.Name, volume.Name);
                if (paths.Contains(path))
                {
                    throw new VolumeFaultException($"volume {volume.Name}: expected names that differ, found this one twice");
                }

                await PrepareAsync(spec.Name, volume, path);
                paths.Add(path);
            }

            return paths;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OsFaultException)
        {
            throw new VolumeFaultException($"volumes of {spec.Name}: {e.Message}", e);
        }
    }

    /// <summary>Removes what an agent that was killed while it made volumes has left. No volume is being made yet.</summary>
    internal void DiscardUnfinished()
    {
        foreach (string path in FilesOf("*" + Suffix + Unfinished))
        {
            FaultPoints.Before(FaultPoint.VolumeRemoval);
            File.Delete(path);
            FaultPoints.After(FaultPoint.VolumeRemoval);
        }
    }

    /// <summary>Whether a VM could have its volumes. Its VM may run on them.</summary>
    /// <exception cref="VolumeFaultException">One of them cannot be had as it should be.</exception>
    internal void Check(VmSpec spec)
    {
        try
        {
            foreach (VolumeMount volume in spec.Volumes)
            {
                _ = Missing(spec.Name, volume, PathOf(spec.Name, volume.Name));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OsFaultException)
        {
            throw new VolumeFaultException($"volumes of {spec.Name}: {e.Message}", e);
        }
    }

    /// <summary>Every volume, ordered by VM and name; what cannot be looked at is left out.</summary>
    internal IReadOnlyList<VolumeFile> List()
    {
        List<VolumeFile> volumes = [];
        foreach (string folder in Directory.Exists(directory) ? Directory.GetDirectories(directory) : [])
        {
            foreach (string path in Directory.GetFiles(folder, "*" + Suffix))
            {
                if (ResourceName.TryParse(Path.GetFileName(folder), out ResourceName vm)
                    && ResourceName.TryParse(Path.GetFileNameWithoutExtension(path), out ResourceName name)
                    && Libc.TryStat(path) is StatX stat)
                {
                    volumes.Add(new VolumeFile(vm, name, path, stat.Size, stat.AllocatedBytes));
                }
            }
        }

        return [.. volumes.OrderBy(static volume => volume.Vm.Value, StringComparer.Ordinal).ThenBy(static volume => volume.Name.Value, StringComparer.Ordinal)];
    }

    /// <summary>Deletes a volume that no VM has any more.</summary>
    /// <returns>Why it is not deleted; empty when it is.</returns>
    internal string TryDelete(ResourceName vm, ResourceName name)
    {
        string path = PathOf(vm, name);
        try
        {
            if (!File.Exists(path))
            {
                return $"volume {name} of {vm}: expected one on this device, found none";
            }

            FaultPoints.Before(FaultPoint.VolumeRemoval);
            File.Delete(path);
            Libc.SyncDirectory(Path.GetDirectoryName(path)!);
            FaultPoints.After(FaultPoint.VolumeRemoval);
            Log.VolumeDeleted(logger, vm.Value, name.Value);
            return "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OsFaultException)
        {
            return $"volume {name} of {vm}: {e.Message}";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private string PathOf(ResourceName vm, ResourceName volume) => Path.Combine(directory, vm.Value, volume.Value + Suffix);

    /// <summary>Room is promised to one volume after the other; their file systems are made side by side, so that no VM waits for another's.</summary>
    private async Task PrepareAsync(ResourceName vm, VolumeMount volume, string path)
    {
        await _turn.WaitAsync();
        Lack lack;
        try
        {
            lack = Missing(vm, volume, path);
            if (lack != Lack.Nothing)
            {
                Reserve(lack, path, (long)volume.SizeMib * (long)Mib);
            }
        }
        finally
        {
            _turn.Release();
        }

        if (lack == Lack.Volume)
        {
            await MakeAsync(vm, volume, path);
        }
        else if (lack == Lack.Room)
        {
            await GrowAsync(vm, volume, path);
        }
    }

    private static void Reserve(Lack lack, string path, long size)
    {
        FaultPoints.Before(FaultPoint.VolumeRoom);
        if (lack == Lack.Volume)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }

        FileStreamOptions options = new() { Mode = lack == Lack.Volume ? FileMode.Create : FileMode.Open, Access = FileAccess.ReadWrite };
        if (OperatingSystem.IsLinux() && lack == Lack.Volume)
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using FileStream file = new(lack == Lack.Volume ? path + Unfinished : path, options);
        file.SetLength(Math.Max(size, file.Length));
        FaultPoints.After(FaultPoint.VolumeRoom);
    }

    /// <summary>What a volume lacks of what it should be, and that the disk has room for it.</summary>
    private Lack Missing(ResourceName vm, VolumeMount volume, string path)
    {
        ulong wanted = (ulong)volume.SizeMib * Mib;
        if (!File.Exists(path))
        {
            RequireSpace(vm, volume, wanted);
            return Lack.Volume;
        }

        if (Ext4Superblock.ReadFile(path) is not Ext4Superblock found)
        {
            throw new VolumeFaultException($"volume {volume.Name}: expected an ext4 file system in {path}, found something else; it is left as it is");
        }

        ulong size = (ulong)new FileInfo(path).Length;
        if (found.SizeBytes > wanted || size > wanted)
        {
            throw new VolumeFaultException(
                VolumeFaultException.VolumeShrink,
                $"volume {volume.Name}: expected at least its {Math.Max(found.SizeBytes, size) / Mib} MiB, found {volume.SizeMib} MiB wanted; volumes do not shrink");
        }

        // A file of the right size around a smaller file system is what a power cut in the middle of growing leaves.
        if (found.SizeBytes >= wanted - (wanted % found.BlockBytes))
        {
            return Lack.Nothing;
        }

        RequireSpace(vm, volume, wanted - size);
        return Lack.Room;
    }

    private void RequireSpace(ResourceName vm, VolumeMount volume, ulong more)
    {
        Directory.CreateDirectory(directory);
        ulong available = Libc.SpaceOf(directory).AvailableBytes;
        ulong promised = Promised(PathOf(vm, volume.Name) + Unfinished);
        ulong taken = promised + ReserveBytes;
        ulong free = available > taken ? available - taken : 0;
        if (more > free)
        {
            throw new VolumeFaultException(
                VolumeFaultException.NoSpace,
                $"volume {volume.Name} of {vm}: expected {more / Mib} MiB of free disk, found {free / Mib} MiB ({available / Mib} MiB without "
                + $"{promised / Mib} MiB that other volumes may still take and a reserve of {ReserveBytes / Mib} MiB)");
        }
    }

    /// <summary>What volumes may still take of the disk, finished or not, apart from one file.</summary>
    private ulong Promised(string apartFrom)
    {
        ulong promised = 0;
        foreach (string path in FilesOf("*" + Suffix).Concat(FilesOf("*" + Suffix + Unfinished)))
        {
            if (path != apartFrom && Libc.TryStat(path) is StatX stat && stat.Size > stat.AllocatedBytes)
            {
                promised += stat.Size - stat.AllocatedBytes;
            }
        }

        return promised;
    }

    private IEnumerable<string> FilesOf(string pattern) =>
        Directory.Exists(directory) ? Directory.GetDirectories(directory).SelectMany(folder => Directory.GetFiles(folder, pattern)) : [];

    private async Task MakeAsync(ResourceName vm, VolumeMount volume, string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        string unfinished = path + Unfinished;
        // Everything is zero already: nothing has to be written later, in the guest, to make it so.
        await MustAsync(volume, 0, "mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", unfinished);
        Sync(unfinished);
        FaultPoints.Before(FaultPoint.VolumeName);
        File.Move(unfinished, path);
        Libc.SyncDirectory(folder);
        Libc.SyncDirectory(directory);
        Libc.SyncDirectory(Path.GetDirectoryName(directory)!);
        FaultPoints.After(FaultPoint.VolumeName);
        Log.VolumeMade(logger, vm.Value, volume.Name.Value, volume.SizeMib);
    }

    private async Task GrowAsync(ResourceName vm, VolumeMount volume, string path)
    {
        await MustAsync(volume, Mended, "e2fsck", "-f", "-p", path);
        await MustAsync(volume, 0, "resize2fs", path);
        Sync(path);
        Log.VolumeGrown(logger, vm.Value, volume.Name.Value, volume.SizeMib);
    }

    private async Task MustAsync(VolumeMount volume, int most, string program, params string[] arguments)
    {
        if (programs.Find(program) is null)
        {
            throw new VolumeFaultException($"volume {volume.Name}: expected {program} on the host, found none: install the package e2fsprogs");
        }

        ProgramOutcome outcome = await programs.RunAsync(program, arguments);
        if (outcome.Code > most || outcome.Code < 0)
        {
            throw new VolumeFaultException($"volume {volume.Name}: {program} failed: {outcome.Explanation}");
        }
    }

    private static void Sync(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    private enum Lack
    {
        Nothing,
        Volume,
        Room,
    }
}
