using System.Runtime.InteropServices;

namespace MicroVm.Shared.Identity;

/// <summary>
/// The processor architectures that devices have, by the names that Linux has for them (<c>uname -m</c>). Images have the
/// OCI's names: <c>amd64</c> and <c>arm64</c>.
/// </summary>
public static class MachineArchitecture
{
    /// <summary>64-bit x86.</summary>
    public const string X64 = "x86_64";

    /// <summary>64-bit Arm.</summary>
    public const string Arm64 = "aarch64";

    /// <summary>What this process runs on.</summary>
    public static string Current => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Arm64 : X64;

    /// <summary>The OCI's name of an architecture; null when it is none of ours.</summary>
    public static string? ToOci(string architecture) => architecture switch
    {
        X64 => "amd64",
        Arm64 => "arm64",
        _ => null,
    };

    /// <summary>The architecture that the OCI calls by this name; null when it is none of ours.</summary>
    public static string? FromOci(string architecture) => architecture switch
    {
        "amd64" => X64,
        "arm64" => Arm64,
        _ => null,
    };
}
