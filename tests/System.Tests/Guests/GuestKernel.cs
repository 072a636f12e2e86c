namespace MicroVm.SystemTests.Guests;

/// <summary>Which stock kernel a guest runs; both are of Debian's cloud flavour.</summary>
public enum GuestKernel
{
    /// <summary>The release's own.</summary>
    Debian,

    /// <summary>The newest that the release's backports offer.</summary>
    Backports,
}
