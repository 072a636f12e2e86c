using System.Diagnostics;
using System.Text;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Updates;

/// <summary>
/// Releases of the agent made of the one that is there: the version that it says of itself, or the topics that it speaks on, are other
/// texts of the same length in its program; or it is a program that ends at once.
/// </summary>
internal static class AgentReleaseBench
{
    private const string Crashing = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        int main(int count, char **arguments) {
          if (count > 1 && !strcmp(arguments[1], "--version")) { puts("microvm-agent VERSION"); return 0; }
          if (count > 1 && !strcmp(arguments[1], "--check-config")) return 0;
          abort();
        }
        """;

    private const string X64 = "x86_64";

    private static string Version { get; } = "0.1.0";

    /// <summary>The agent under another version.</summary>
    internal static Task<string> GoodAsync(string folder, string version, string architecture = X64) =>
        PackAsync(folder, version, Rename(File.ReadAllBytes(Artifacts.Of(architecture, "microvm-agent")), version), architecture);

    /// <summary>The agent under another version, which subscribes to what no gateway lets it.</summary>
    internal static Task<string> MuteAsync(string folder, string version)
    {
        byte[] program = Rename(File.ReadAllBytes(Artifacts.Agent), version);
        Replace(program, Encoding.Unicode.GetBytes("mvm/1/d/"), Encoding.Unicode.GetBytes("mvm/9/d/"), most: 9);
        return PackAsync(folder, version, program);
    }

    /// <summary>A program that says that it is an agent and aborts when it is to be one.</summary>
    internal static async Task<string> CrashingAsync(string folder, string version)
    {
        string source = Path.Combine(folder, "crashing.c"), program = Path.Combine(folder, "crashing");
        await File.WriteAllTextAsync(source, Crashing.Replace("VERSION", version, StringComparison.Ordinal));
        await RunAsync("gcc", "-static", "-o", program, source);
        return await PackAsync(folder, version, await File.ReadAllBytesAsync(program));
    }

    private static byte[] Rename(byte[] program, string version)
    {
        if (version.Length != Version.Length)
        {
            throw new ArgumentException($"expected a version of {Version.Length} characters, found '{version}'", nameof(version));
        }

        // The informational version is an attribute's text, with its length in front; the assembly's own has a fourth number.
        Replace(program, [(byte)(Version.Length << 1), .. Encoding.UTF8.GetBytes(Version)], [(byte)(Version.Length << 1), .. Encoding.UTF8.GetBytes(version)]);
        return program;
    }

    private static void Replace(byte[] program, ReadOnlySpan<byte> text, ReadOnlySpan<byte> other, int most = 1)
    {
        int found = 0;
        for (int at = program.AsSpan().IndexOf(text); at >= 0;)
        {
            other.CopyTo(program.AsSpan(at));
            found++;
            int next = program.AsSpan(at + text.Length).IndexOf(text);
            at = next < 0 ? -1 : at + text.Length + next;
        }

        Assert.True(found >= 1 && found <= most, $"expected the text 1 to {most} times in the agent, found it {found} times");
    }

    private static async Task<string> PackAsync(string folder, string version, byte[] agent, string architecture = X64)
    {
        string release = Directory.CreateDirectory(Path.Combine(folder, version)).FullName;
        Directory.CreateDirectory(Path.Combine(release, "guest"));
        // Copied first, so that it is a program.
        File.Copy(Artifacts.Agent, Path.Combine(release, "microvm-agent"));
        await File.WriteAllBytesAsync(Path.Combine(release, "microvm-agent"), agent);
        foreach (string name in (string[])["microvm-vmm", "libe_sqlite3.so", "guest/initramfs.cpio"])
        {
            File.CreateSymbolicLink(Path.Combine(release, name), Artifacts.Of(architecture, name));
        }

        string packed = Path.Combine(folder, $"{version}.tar.gz");
        await RunAsync("bash", Artifacts.Deploy("pack-agent.sh"), release, packed);
        return packed;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string said = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {said}");
    }
}
