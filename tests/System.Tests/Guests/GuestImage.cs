namespace MicroVm.SystemTests.Guests;

/// <summary>In which form a kernel is given to the VMM.</summary>
public enum GuestImage
{
    /// <summary>As Debian ships it: it unpacks itself.</summary>
    BzImage,

    /// <summary>The ELF file that is packed in the bzImage.</summary>
    Elf,
}
