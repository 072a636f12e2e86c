using MicroVm.SystemTests.Guests;
using MicroVm.SystemTests.Services;
using MicroVm.SystemTests.Workloads;
using Xunit.Sdk;
using Xunit.v3;

namespace MicroVm.SystemTests;

/// <summary>Begins with the collections that take longest, so that none of them is left alone at the end; the order of the others is that of their names.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] s_longest = [typeof(WorkloadTests).FullName!, GuestHostFixture.Collection, typeof(StoryTests).FullName!, typeof(SystemdTests).FullName!];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(static one => RankOf(one.TestCollectionDisplayName)).ThenBy(static one => one.TestCollectionDisplayName, StringComparer.Ordinal)];

    private static int RankOf(string displayName)
    {
        int rank = Array.FindIndex(s_longest, name => displayName.Contains(name, StringComparison.Ordinal));
        return rank < 0 ? s_longest.Length : rank;
    }
}
