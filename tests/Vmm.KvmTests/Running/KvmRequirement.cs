namespace MicroVm.Vmm.KvmTests.Running;

/// <summary>The one reason for which this tier may be skipped.</summary>
internal static class KvmRequirement
{
    private static readonly string? s_obstacle = FindObstacle();

    internal static void SkipUnlessOpenable() => Assert.SkipUnless(s_obstacle is null, $"/dev/kvm cannot be opened: {s_obstacle}");

    private static string? FindObstacle()
    {
        try
        {
            using FileStream device = new("/dev/kvm", FileMode.Open, FileAccess.ReadWrite);
            return null;
        }
        catch (Exception obstacle) when (obstacle is IOException or UnauthorizedAccessException)
        {
            return obstacle.Message;
        }
    }
}
