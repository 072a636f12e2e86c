using System.Diagnostics;
using System.Globalization;
using CsCheck;

namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>
/// Plays random cases for a bounded time. The seed is printed in every run, and with a failure once more, with the smallest case that
/// fails the same way. <c>tests/fuzz.sh</c> runs the same targets for longer:
/// <list type="bullet">
/// <item>MICROVM_FUZZ_SECONDS: time for each target; 0.3 by default</item>
/// <item>MICROVM_FUZZ_SEED: the seed, to play the cases of another run again</item>
/// <item>MICROVM_FUZZ_TARGETS: the targets to play, with a space between them; all when empty</item>
/// </list>
/// </summary>
internal static class FuzzRun
{
    private const double UsualSeconds = 0.3;
    private const int ShrinkSamples = 2000;

    /// <summary>Generates cases and plays each; a case that throws fails the test.</summary>
    /// <param name="target">Name in the output.</param>
    /// <param name="cases">What to play. The n-th case depends on the seed and n alone.</param>
    /// <param name="play">Plays one case from a fresh start.</param>
    /// <param name="print">Writes a case down for a report.</param>
    internal static void Run<T>(string target, Gen<T> cases, Action<T> play, Func<T, string>? print = null)
    {
        if (!IsWanted(target))
        {
            return;
        }

        ulong seed = Seed();
        var spent = Stopwatch.StartNew();
        uint count = 0;
        for (TimeSpan limit = Limit(); spent.Elapsed < limit; count++)
        {
            PCG random = new(count, seed);
            ulong state = random.State;
            T value = cases.Generate(random, null, out _);
            try
            {
                play(value);
            }
            catch (Exception failure)
            {
                string head = $"fuzz target {target}: case {count} of MICROVM_FUZZ_SEED={seed} failed: {failure.Message}";
                Assert.Fail($"{head}\n{failure.StackTrace}\n{Smallest(cases, play, print, random.ToString(state))}");
            }
        }

        Console.WriteLine($"fuzz {target}: {count} cases in {spent.Elapsed.TotalSeconds:0.0} s, MICROVM_FUZZ_SEED={seed}");
    }

    private static string Smallest<T>(Gen<T> cases, Action<T> play, Func<T, string>? print, string seed)
    {
        try
        {
            cases.Sample(play, seed: seed, iter: ShrinkSamples, threads: 1, print: print);
            return "It passed when it was played again: something outside the case decides.";
        }
        catch (CsCheckException smallest)
        {
            return smallest.Message;
        }
    }

    private static bool IsWanted(string target) =>
        Environment.GetEnvironmentVariable("MICROVM_FUZZ_TARGETS") is not { Length: > 0 } wanted || wanted.Split(' ').Contains(target);

    private static TimeSpan Limit() => TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable("MICROVM_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out double seconds)
            ? seconds
            : UsualSeconds);

    private static ulong Seed() =>
        ulong.TryParse(Environment.GetEnvironmentVariable("MICROVM_FUZZ_SEED"), CultureInfo.InvariantCulture, out ulong seed)
            ? seed
            : (ulong)Random.Shared.NextInt64();
}
