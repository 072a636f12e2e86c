using MicroVm.EdgeAgent.Interop;

namespace MicroVm.EdgeAgent.Doctor;

/// <summary>A file that VMs are started with.</summary>
/// <param name="Role">What it is, as a check's name.</param>
/// <param name="Path">Where it should be.</param>
/// <param name="Fault">What is wrong with it; null when nothing.</param>
internal sealed record ProgramFile(string Role, string Path, string? Fault)
{
    private const int ElfHeaderBytes = 20, MachineOffset = 18, AnyExecute = 0x49;

    /// <summary>Looks at a file that only has to be there.</summary>
    internal static ProgramFile Look(string role, string path) => new(role, path, FaultOf(path));

    /// <summary>Looks at an executable for <paramref name="machine"/>, the ELF header's e_machine.</summary>
    internal static ProgramFile LookAtExecutable(string role, string path, ushort machine)
    {
        string? fault = FaultOf(path);
        if (fault is null && Libc.TryStat(path) is StatX file && (file.Mode & AnyExecute) == 0)
        {
            fault = "a file without permission to execute";
        }

        return new ProgramFile(role, path, fault ?? FaultOfHeader(path, machine));
    }

    /// <summary>What an ELF header says against running on <paramref name="machine"/>; null when nothing.</summary>
    internal static string? FaultOfHeader(ReadOnlySpan<byte> header, ushort machine)
    {
        if (header.Length < ElfHeaderBytes || !header.StartsWith("\x7f"u8) || !header[1..].StartsWith("ELF"u8))
        {
            return "a file that is no ELF executable";
        }

        int found = header[MachineOffset] | (header[MachineOffset + 1] << 8);
        return found == machine ? null : $"an executable for another architecture (ELF machine {found})";
    }

    private static string? FaultOfHeader(string path, ushort machine)
    {
        byte[] header = new byte[ElfHeaderBytes];
        try
        {
            using FileStream file = File.OpenRead(path);
            return FaultOfHeader(header.AsSpan(0, file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false)), machine);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"a file that cannot be read ({e.Message})";
        }
    }

    private static string? FaultOf(string path) =>
        !File.Exists(path) ? "no such file" : new FileInfo(path).Length == 0 ? "an empty file" : null;
}
