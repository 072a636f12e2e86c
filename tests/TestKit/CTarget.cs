namespace MicroVm.TestKit;

/// <summary>The architecture whose C headers are asked.</summary>
public enum CTarget
{
    /// <summary>x86_64, Debian's amd64.</summary>
    X64,

    /// <summary>aarch64, Debian's arm64.</summary>
    Arm64,
}
