using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

internal static unsafe partial class Libc
{
    /// <summary>posix_spawn_file_actions_destroy(3).</summary>
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static partial int posix_spawn_file_actions_destroy(void* fileActions);
}
