using System.Runtime.CompilerServices;

namespace MicroVm.Shared.Tests;

/// <summary>Files of the repository that tests compare with.</summary>
internal static class RepositoryFiles
{
    /// <summary>Set to 1 to write the files anew instead of comparing; look at what changed before committing it.</summary>
    public const string AcceptVariable = "MICROVM_ACCEPT_WIRE";

    public static bool IsAccepting => Environment.GetEnvironmentVariable(AcceptVariable) == "1";

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root(), .. parts]);

    /// <summary>The file must hold this text.</summary>
    public static void AssertHolds(string path, string text)
    {
        if (IsAccepting)
        {
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"{path}: expected a checked-in file; {AcceptVariable}=1 writes it");
        Assert.Equal(File.ReadAllText(path), text);
    }

    private static string Root([CallerFilePath] string file = "") => System.IO.Path.GetFullPath(System.IO.Path.Combine(file, "../../.."));
}
