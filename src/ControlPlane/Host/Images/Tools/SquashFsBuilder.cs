using MicroVm.ControlPlane.Host.Images.Archive;

namespace MicroVm.ControlPlane.Host.Images.Tools;

/// <summary>
/// Makes a squashfs from a tar archive with <c>sqfstar</c>. Equal archives make equal files: files keep the archive's times
/// and order. zstd is in every kernel that a guest boots here (Debian's and ours) and costs little memory to read with
/// 128 KiB blocks.
/// </summary>
/// <param name="program">Name or path of <c>sqfstar</c>.</param>
internal sealed class SquashFsBuilder(string program = "sqfstar")
{
    private static readonly string[] s_options =
        ["-quiet", "-no-progress", "-reproducible", "-exit-on-error", "-comp", "zstd", "-b", "128K", "-processors", "2", "-mem", "256M"];

    /// <summary>Makes the file.</summary>
    /// <param name="path">The squashfs; it must not exist.</param>
    /// <param name="root">Metadata of the root directory; its extended attributes are not kept.</param>
    /// <param name="latest">
    /// The latest time that a file has, in seconds since 1970 and not in the future. The file system and its root directory
    /// get it: sqfstar 4.5 gives the root directory the clock's time and ignores its option -root-time, but holds that time
    /// and all others to SOURCE_DATE_EPOCH.
    /// </param>
    /// <param name="writeArchive">Writes the tar archive into the stream.</param>
    /// <param name="cancellation">Stops the program.</param>
    /// <exception cref="ImageImportException">The program is missing or failed.</exception>
    public async Task BuildAsync(
        string path, ArchiveEntry root, uint latest, Func<Stream, CancellationToken, Task> writeArchive, CancellationToken cancellation)
    {
        using ToolProcess sqfstar = ToolProcess.Start(program, "squashfs-tools", [.. s_options, .. RootOptions(root), path], ("SOURCE_DATE_EPOCH", $"{latest}"));
        Task discarded = sqfstar.Output.CopyToAsync(Stream.Null, cancellation);
        try
        {
            await writeArchive(sqfstar.Input, cancellation);
            sqfstar.Input.Close();
        }
        catch (IOException) when (!cancellation.IsCancellationRequested)
        {
            // A broken pipe: the program ended early, and its own message says why.
            sqfstar.Input.Close();
            await sqfstar.FinishAsync("squashfs", ImageFault.Server, cancellation);
            throw;
        }

        await discarded;
        await sqfstar.FinishAsync("squashfs", ImageFault.Server, cancellation);
    }

    private static string[] RootOptions(ArchiveEntry root) =>
    [
        "-root-mode", Convert.ToString(root.Mode, 8),
        "-root-uid", $"{root.UserId}",
        "-root-gid", $"{root.GroupId}",
    ];
}
