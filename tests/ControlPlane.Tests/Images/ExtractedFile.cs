namespace MicroVm.ControlPlane.Tests.Images;

/// <summary>A file that <c>unsquashfs</c> made, as <c>find</c> sees it.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="Type">find's letter: f, d, l, p, c, b.</param>
/// <param name="Mode">Octal permissions.</param>
/// <param name="Owner">User and group id.</param>
/// <param name="Links">Number of names.</param>
/// <param name="Inode">Equal for two names of one file.</param>
/// <param name="Seconds">Modification time.</param>
/// <param name="Target">Target of a symbolic link.</param>
internal sealed record ExtractedFile(string Path, string Type, string Mode, string Owner, int Links, string Inode, long Seconds, string Target);
