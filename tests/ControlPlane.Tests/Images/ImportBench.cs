using System.Diagnostics;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.ControlPlane.Host.Images.Tools;

namespace MicroVm.ControlPlane.Tests.Images;

/// <summary>An importer with a data directory of its own, and a look into what it made.</summary>
internal sealed class ImportBench : IDisposable
{
    private static readonly ImageName s_name = Name("hello:1");

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("microvm-images-");

    public ImportBench(ImageImportLimits? limits = null, string sqfstar = "sqfstar") =>
        Importer = new ImageImporter(_root.FullName, limits ?? new ImageImportLimits(), new SquashFsBuilder(sqfstar), TimeProvider.System);

    public ImageImporter Importer { get; }

    /// <summary>Files under the data directory, staging included.</summary>
    public string[] Left => Directory.GetFiles(_root.FullName, "*", SearchOption.AllDirectories);

    public static ImageName Name(string text)
    {
        Assert.True(ImageName.TryParse(text, out ImageName? name));
        return name;
    }

    public Task<ImportedImage> ImportAsync(TestLayout layout, string name = "hello:1") => ImportAsync(layout.ToTar(), name);

    public Task<ImportedImage> ImportAsync(byte[] tar, string name = "hello:1") => Importer.ImportAsync(
        Name(name), new MemoryStream(tar), static (_, _) => Task.CompletedTask, TestContext.Current.CancellationToken);

    /// <summary>Imports what must be refused, and checks that nothing is left of it.</summary>
    public async Task<ImageImportException> RefuseAsync(byte[] tar)
    {
        ImageImportException refusal = await Assert.ThrowsAsync<ImageImportException>(() => ImportAsync(tar, s_name.ToString()));
        Assert.Empty(Left);
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal;
    }

    public Task<ImageImportException> RefuseAsync(TestLayout layout) => RefuseAsync(layout.ToTar());

    /// <summary>Imports layers and extracts the result with <c>unsquashfs</c>.</summary>
    public async Task<ExtractedRoot> ExtractAsync(params Action<TestLayer>[] layers) => Extract(await ImportAsync(TestLayout.Of(layers)));

    /// <summary>Extracts the file system of one platform; the first when none is named.</summary>
    public ExtractedRoot Extract(ImportedImage image, string? architecture = null)
    {
        string target = Path.Combine(_root.FullName, "extracted-" + Guid.NewGuid().ToString("N"));
        Run("unsquashfs", "-q", "-n", "-d", target, Importer.PathOf(image.Platforms.First(platform => architecture is null || platform.Architecture == architecture).Digest));
        return new ExtractedRoot(target, Run("find", target, "-mindepth", "1", "-printf", "%P|%y|%m|%U:%G|%n|%i|%Ts|%l\\n"));
    }

    public static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    public void Dispose()
    {
        Importer.Dispose();
        _root.Delete(recursive: true);
    }
}
